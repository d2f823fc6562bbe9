// Which set of kernels a process takes, and what it refuses.

import SedgeOperators
import Testing

@Suite("The set of kernels")
struct KernelSetTests {
  @Test(
    "Every set that the processor can run is found by its name, and the last of them is for any processor")
  func names() throws {
    #expect(KernelSet.available.last == "portable")
    #expect(Set(KernelSet.available).count == KernelSet.available.count)
    for name in KernelSet.available { #expect(try Kernels.named(name).name == name) }
    #expect(KernelSet.available.contains(try KernelSet.chosen()))
  }

  @Test("A set that this processor cannot run, and one that does not exist, are refused")
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
