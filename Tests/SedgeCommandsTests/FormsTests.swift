// One model in every supported file format.

import Foundation
import TestSupport
import Testing

@Suite("A model in every file format")
struct FormsTests {
  /// The forms, each of the same tensors in other bytes.
  enum Form: String, CaseIterable {
    case safetensors, shards, zipped, zippedBare, legacy, legacyTrainer, onnx, onnxWithData

    /// Writes the form; the file to give.
    func write(_ tensors: [StoredTensor], to folder: TemporaryFolder) throws -> String {
      let pickle = Pickle.stateDict(tensors)
      switch self {
      case .safetensors:
        try StoredTensor.write(tensors, to: folder.file("m.safetensors"))
        return folder.file("m.safetensors")
      case .shards:
        return try writeShards(tensors, to: folder)
      case .zipped:
        let root = Pickle.dictionary([("model", pickle), ("iteration", Pickle.integer(79_999))])
        return try folder.write(TorchFile.zip(Pickle.whole(root), tensors), to: "m.pth")
      case .zippedBare:
        return try folder.write(TorchFile.zip(Pickle.whole(pickle, version: 5), tensors), to: "m.pth")
      case .legacy:
        return try folder.write(TorchFile.legacy(Pickle.whole(pickle), tensors), to: "m.pth")
      case .legacyTrainer:
        let optimizer = Pickle.dictionary([("state", Pickle.stateDict(Array(tensors.prefix(3))))])
        let root = Pickle.dictionary([("optimizer", optimizer), ("state_dict", pickle)])
        return try folder.write(TorchFile.legacy(Pickle.whole(root), tensors), to: "m.pth")
      case .onnx:
        return try folder.write(ONNXFile.bytes(tensors), to: "m.onnx")
      case .onnxWithData:
        _ = try folder.write(tensors.flatMap(\.bytes), to: "m.data")
        return try folder.write(ONNXFile.bytes(tensors, location: "m.data"), to: "m.onnx")
      }
    }

    private func writeShards(_ tensors: [StoredTensor], to folder: TemporaryFolder) throws -> String {
      var places: [String: String] = [:]
      for (number, part) in [tensors.prefix(40), tensors.dropFirst(40)].enumerated() {
        try StoredTensor.write(Array(part), to: folder.file("m-\(number).safetensors"))
        for tensor in part { places[tensor.name] = "m-\(number).safetensors" }
      }
      let index = try JSONSerialization.data(withJSONObject: ["metadata": [:], "weight_map": places])
      return try folder.write(Array(index), to: "m.safetensors.index.json")
    }
  }

  /// Sources and options to the bytes between the preamble and the header: what all tensors are stored as.
  private static func weights(_ sources: [String], _ options: [String], in folder: TemporaryFolder) throws
    -> [UInt8]
  {
    let output = folder.file("model.sedge")
    let outcome = try SedgeProgram.run(
      ["convert"] + sources + ["-o", output, "--force"] + tinyOptions + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let file = try bytes(of: output)
    let headerOffset = file[16..<24].reversed().reduce(0) { $0 << 8 | Int($1) }
    return Array(file[64..<headerOffset])
  }

  private static func weightsOfCheckpoint(_ codec: String) -> Result<[UInt8], any Error> {
    Result {
      try weights(
        [fixture("tiny/linear.h5")], ["--quantize", codec, "--store", "raw"], in: TemporaryFolder())
    }
  }
  private static let (plain, coded) = (weightsOfCheckpoint("f32"), weightsOfCheckpoint("int8"))

  @Test("It leads to the same weights, bit for bit", arguments: Form.allCases, ["f32", "int8"])
  func sameWeights(form: Form, codec: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = fixture("tiny/linear.h5")
    let source = try form.write(try StoredTensor.all(in: checkpoint), to: folder)
    let expected = try (codec == "f32" ? Self.plain : Self.coded).get()
    #expect(try Self.weights([source], ["--quantize", codec, "--store", "raw"], in: folder) == expected)
  }

  @Test(
    "Without heads for early rejection the other weights are the same, and the heads can be given in a second file"
  )
  func heads() throws {
    let folder = try TemporaryFolder()
    let checkpoint = fixture("tiny/linear.h5")
    let tensors = try StoredTensor.all(in: checkpoint)
    let isHead = { (tensor: StoredTensor) in tensor.name.contains(/transformer\.head[012]\./) }
    #expect(tensors.count(where: isHead) == 6)
    let body = tensors.filter { !isHead($0) && !$0.name.hasSuffix("logit_scale") }
    let export = try folder.write(ONNXFile.bytes(body), to: "m.onnx")
    try StoredTensor.write(tensors.filter(isHead), to: folder.file("heads.safetensors"))
    let whole = try Self.weights([checkpoint], [], in: folder)
    let cut = try Self.weights([checkpoint], ["--parts", "image,text,decoder"], in: folder)
    #expect(cut.count < whole.count)
    #expect(whole.starts(with: cut))
    #expect(try Self.weights([export], [], in: folder) == cut)
    #expect(try Self.weights([export, folder.file("heads.safetensors")], [], in: folder) == whole)
  }

  @Test("Subgraphs of an ONNX file are noted")
  func branches() throws {
    let folder = try TemporaryFolder()
    let outcome = try SedgeProgram.run(["inspect", try folder.write(ONNXFile.branch(), to: "m.onnx")])
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("\nnote: 1 graph of "))
  }
}
