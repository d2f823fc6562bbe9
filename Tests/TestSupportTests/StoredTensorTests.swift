// Checkpoints in memory, written and read.

import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

@Suite("Stored tensors")
struct StoredTensorTests {
  private let tensors = [
    StoredTensor(name: "a.weight", shape: [2, 2], values: [1, -2, 0.5, 3]),
    StoredTensor(name: "b", type: .int32, shape: [1], bytes: [7, 0, 0, 0]),
  ]

  @Test("What is written is read, edited or under other names")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var edited = tensors
    edited.edit(".weight") { $0.set(9, at: 1) }
    #expect(edited[0].floats == [1, 9, 0.5, 3])
    let path = folder.file("a.safetensors")
    try StoredTensor.write(edited, to: path)
    let back = try StoredTensor.all(in: path)
    #expect(back.map(\.name) == ["a.weight", "b"])
    #expect(back.map(\.type) == [.float32, .int32])
    #expect(back.map(\.shape) == [[2, 2], [1]])
    #expect(back.map(\.bytes) == edited.map(\.bytes))
    let renamed = try StoredTensor.writeRenamed(path, as: "b.safetensors", in: folder) {
      $0 == "b" ? nil : "net.\($0)"
    }
    #expect(try openArchive(path: renamed).tensors.map(\.name) == ["net.a.weight"])
  }

  @Test("Rounding is to nearest, ties to even")
  func rounding() {
    let values: [Float] = [1, 1 + 0x1p-8, 1 + 0x3p-8, -0x1.01p0, 65504]
    let tensor = StoredTensor(name: "a", shape: [5], values: values)
    // bfloat16 has 8 bits of significand: 1 + 2^-8 is a tie and goes to 1, 1 + 3 x 2^-8 to 1 + 2^-6.
    #expect(
      tensor.rounded(to: .bfloat16).bytes
        == [0x3F80, 0x3F80, 0x3F82, 0xBF80, 0x4780].flatMap { littleEndian(UInt16($0)) })
    #expect(
      tensor.rounded(to: .float16).bytes
        == [0x3C00, 0x3C04, 0x3C0C, 0xBC04, 0x7BFF].flatMap { littleEndian(UInt16($0)) })
    #expect(tensor.rounded(to: .float32).bytes == tensor.bytes)
  }

  @Test("A changed archive differs in the named tensors alone")
  func changedArchive() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.safetensors")
    try StoredTensor.write(tensors, to: path)
    let changed = ChangedArchive(try openArchive(path: path), changes: ["a.weight": { Float($0) }])
    #expect(changed.tensors.map(\.name) == ["a.weight", "b"])
    #expect(try changed.floats(changed.tensors[0]).values == [0, 1, 2, 3])
    #expect(try changed.bytes(of: changed.tensors[1]) == [7, 0, 0, 0])
  }
}
