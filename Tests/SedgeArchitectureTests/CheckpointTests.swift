// Checkpoints: refused as a whole, or read tensor by tensor.

import SedgeArchitecture
import SedgeTensor
import Testing

/// An archive whose elements are zero, but for one of some tensors.
private final class HollowArchive: TensorArchive {
  let path = "hollow"
  let formatName = "nothing"
  let tensors: [TensorInfo]
  private let numbers: [String: (index: Int, value: Float)]

  init(_ tensors: [TensorInfo], numbers: [String: (index: Int, value: Float)] = [:]) {
    self.tensors = tensors
    self.numbers = numbers
  }

  func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    for i in 0..<info.elementCount {
      destination.storeBytes(of: 0, toByteOffset: 4 * i, as: Float.self)
    }
    if let number = numbers[String(info.name.dropFirst(listedPrefix.count))] {
      destination.storeBytes(of: number.value, toByteOffset: 4 * number.index, as: Float.self)
    }
  }
}

@Suite("Checkpoint")
struct CheckpointTests {
  private let options = ArchitectureOptions(textHeads: 2)

  private func checkpoint(_ numbers: [String: (index: Int, value: Float)] = [:]) throws -> Checkpoint {
    try Checkpoint(HollowArchive(directory("sed_nano"), numbers: numbers), options: options)
  }

  @Test("A checkpoint that fits is read by the model's own names")
  func fits() throws {
    let checkpoint = try checkpoint(["clip_model.ln_final.bias": (3, 7)])
    #expect(checkpoint.architecture == .nano)
    #expect(checkpoint.naming.prefix == listedPrefix)
    #expect(checkpoint.tensors == Architecture.nano.checkpointTensors)
    let values = try checkpoint.values("clip_model.ln_final.bias")
    #expect(values == Tensor(shape: [32], values: (0..<32).map { $0 == 3 ? 7 : 0 }))
    let error = #expect(throws: FormatError.self) { try checkpoint.values("x") }
    #expect(error == FormatError(.missingTensor(nearest: nil), path: "hollow", tensor: listedPrefix + "x"))
  }

  @Test("A checkpoint that does not fit is refused with every problem")
  func refused() throws {
    var tensors = try directory("sed_nano")
    tensors.remove("transformer.head.bias")
    tensors.put("clip_model.ln_final.bias", [33])
    let error = #expect(throws: ContractError.self) {
      try Checkpoint(HollowArchive(tensors), options: options)
    }
    let expected = ContractError(
      path: "hollow", model: "SED (depths 1,1,2,1, widths 16,32,48,64)",
      problems: [
        ContractProblem(
          tensor: listedPrefix + "clip_model.ln_final.bias", kind: .wrongShape(expected: [32], found: [33])),
        ContractProblem(tensor: listedPrefix + "transformer.head.bias", kind: .missing(expected: [1])),
      ])
    #expect(error == expected)
    let stranger = #expect(throws: ContractError.self) { try Checkpoint(HollowArchive([])) }
    #expect(stranger?.model == nil)
    #expect(stranger?.problems.map(\.cause) == ["the file holds no tensors"])
  }

  @Test("Values that are not finite are counted, tensor by tensor")
  func values() throws {
    let checkpoint = try checkpoint([
      "transformer.head.weight": (5, .nan), "clip_model.logit_scale": (0, .infinity),
      "clip_model.ln_final.bias": (1, .greatestFiniteMagnitude),
    ])
    var reports: [(done: Int, total: Int)] = []
    let error = #expect(throws: ContractError.self) {
      try checkpoint.checkValues { reports.append(($0, $1)) }
    }
    #expect(
      error?.problems == [
        ContractProblem(
          tensor: listedPrefix + "clip_model.logit_scale", kind: .nonFinite(count: 1, firstIndex: 0)),
        ContractProblem(
          tensor: listedPrefix + "transformer.head.weight", kind: .nonFinite(count: 1, firstIndex: 5)),
      ])
    #expect(reports.count == checkpoint.tensors.count)
    #expect(reports.last.map { $0.done == $0.total && $0.total > 0 } == true)
  }

  @Test("Tensors that the model does not have are passed over on request, and nothing else is")
  func ignored() throws {
    var tensors = try directory("sed_nano")
    tensors.put("extra.weight", [1 << 40])
    tensors.put("clip_model.attn_mask", [77, 77], .bool)
    let checkpoint = try Checkpoint(HollowArchive(tensors), options: options, ignoresUnexpected: true)
    #expect(checkpoint.ignoredNames == [listedPrefix + "extra.weight"])
    #expect(
      checkpoint.notes == [
        "passed over a tensor, buffers that are computed anew: \(listedPrefix)clip_model.attn_mask"
      ])
    var last = (done: 0, total: 1)
    try checkpoint.checkValues { last = ($0, $1) }
    #expect(last.done == last.total)
    tensors.remove("transformer.head.bias")
    let error = #expect(throws: ContractError.self) {
      try Checkpoint(HollowArchive(tensors), options: options, ignoresUnexpected: true)
    }
    #expect(
      error?.problems == [
        ContractProblem(tensor: listedPrefix + "transformer.head.bias", kind: .missing(expected: [1]))
      ])
  }

  @Test("Finite values pass")
  func finite() throws {
    try checkpoint().checkValues()
  }
}
