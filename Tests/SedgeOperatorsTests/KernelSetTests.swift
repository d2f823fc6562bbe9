// The choice of the kernel set.

import Foundation
import SedgeOperators
import Testing

@Suite("Kernel set")
struct KernelSetTests {
  @Test(
    "Every available set is found by its name, and the last one is portable")
  func names() throws {
    #expect(KernelSet.available.last == "portable")
    #expect(Set(KernelSet.available).count == KernelSet.available.count)
    for name in KernelSet.available { #expect(try Kernels.named(name).name == name) }
    #expect(KernelSet.available.contains(try KernelSet.chosen()))
  }

  @Test("The vendor of the processor decides between avx512 and avx512-bf16")
  func bf16() throws {
    guard let bf16 = KernelSet.available.firstIndex(of: "avx512-bf16"),
      let plain = KernelSet.available.firstIndex(of: "avx512"),
      let processors = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    else { return }
    #expect((plain < bf16) == processors.contains("GenuineIntel"))
    #expect(min(plain, bf16) == 0 && max(plain, bf16) == 1)
  }

  @Test("Sets of other processors and unknown names are refused")
  func refused() throws {
    for name in ["avx512-bf16", "avx512", "avx2"] where !KernelSet.available.contains(name) {
      let error = #expect(throws: KernelSetError.self) { try Kernels.named(name) }
      #expect(error?.exists == true && error?.available == KernelSet.available)
    }
    for name in ["", "AVX2", "avx2 ", "avx3", "f32"] {
      let error = #expect(throws: KernelSetError.self) { try Kernels.named(name) }
      #expect(error?.exists == false && error?.name == name)
    }
  }
}
