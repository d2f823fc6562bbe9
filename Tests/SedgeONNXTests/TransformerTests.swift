// Exports of models with a vision transformer: CAT-Seg and CLIP.

import SedgeByteCompression
import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("Names of parameters of vision transformers")
struct TransformerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(packed name: String) throws -> ONNXArchive {
    let packed = try bytes(of: fixture("onnx/\(name).onnx.gz"))
    let plain = try Inflater.inflate(packed, as: .gzip, name: name, limit: 1 << 22)
    return try ONNXArchive(path: try folder.write(plain, to: "\(name).onnx"))
  }

  private func open(_ graph: Message) throws -> ONNXArchive {
    try ONNXArchive(path: try folder.write(model(graph), to: "model.onnx"))
  }

  private static let clip = "sem_seg_head.predictor.clip_model."

  /// The model's tensors as an export has them: parts of `in_proj_bias` by names of their own, nothing of the last block's queries and
  /// keys, nothing that has no effect.
  private static func exported(_ all: [FilledTensor]) -> [String: FilledTensor] {
    var expected: [String: FilledTensor] = [:]
    for tensor in all
    where tensor.name.contains("visual.") || !tensor.name.hasPrefix(clip) {
      let isLast = tensor.name.contains("visual.transformer.resblocks.2.attn.")
      if isLast, tensor.name.hasSuffix("q_proj_weight") || tensor.name.hasSuffix("k_proj_weight") { continue }
      expected[tensor.name] = tensor
    }
    return expected
  }

  @Test("Every parameter of CAT-Seg comes back under its name, bit for bit", arguments: [false, true])
  func recoversCATSeg(isNoted: Bool) throws {
    let archive = try open(packed: isNoted ? "catseg-noted" : "catseg")
    let all = try FilledTensor.all("catseg.tsv.gz")
    var expected = Self.exported(all)
    #expect(archive.unresolved.isEmpty)
    for info in archive.tensors {
      if let part = ["q", "k", "v"].firstIndex(where: { info.name.hasSuffix(".\($0)_proj_bias") }) {
        // A third of the one bias.
        let name: String = info.name.dropLast("q_proj_bias".count) + "in_proj_bias"
        let whole = try #require(all.first { $0.name == name })
        let count = whole.shape[0] / 3
        #expect(
          try archive.floats(info).values == Array(whole.values[part * count..<(part + 1) * count]),
          "\(info.name)")
        continue
      }
      let removed = expected.removeValue(forKey: info.name)
      let tensor = try #require(removed, "\(info.name)")
      let values = try archive.floats(info).values
      if tensor.name.hasSuffix("attn_mask") {
        #expect(info.shape == tensor.shape && Set(values) == [0, -100])
      } else if tensor.name.hasSuffix("positional_embedding"), isNoted {
        // Resized from 3 x 3 to 4 x 4; the class token's row stays.
        #expect(info.shape == [17, 6] && values.prefix(6) == tensor.values.prefix(6))
      } else {
        #expect(info.shape.filter { $0 != 1 } == tensor.shape.filter { $0 != 1 }, "\(info.name)")
        #expect(values == tensor.values, "\(info.name)")
      }
    }
    // The other exporter has the bias in thirds: all of them, but for the last block's queries and keys.
    let biases = expected.keys.filter { $0.hasSuffix("in_proj_bias") }
    #expect(Set(expected.keys) == Set(biases) && biases.count == (isNoted ? 0 : 3))
    let thirds = archive.tensors.map(\.name).filter {
      $0.hasSuffix("_proj_bias") && !$0.hasSuffix("in_proj_bias")
    }
    #expect(thirds.count == (isNoted ? 0 : 7))
  }

  @Test("Every parameter of CAT-Seg's text encoder comes back under its name, bit for bit")
  func recoversText() throws {
    let archive = try open(packed: "catseg-text")
    #expect(archive.unresolved.isEmpty)
    let expected = Dictionary(
      uniqueKeysWithValues: try FilledTensor.all("catseg.tsv.gz").map { ($0.name, $0) })
    let whole = try #require(expected["\(Self.clip)transformer.resblocks.0.attn.in_proj_bias"]).values
    for info in archive.tensors {
      let values = try archive.floats(info).values
      if let part = ["q", "k", "v"].firstIndex(where: { info.name.hasSuffix(".\($0)_proj_bias") }) {
        #expect(values == Array(whole[part * 4..<(part + 1) * 4]))
      } else {
        #expect(values == expected["sem_seg_head.predictor.\(info.name)"]?.values, "\(info.name)")
      }
    }
    // Without logit_scale, and one bias as three.
    let ofText = expected.keys.filter { $0.hasPrefix(Self.clip) && !$0.contains("visual.") }
    #expect(archive.tensors.count == ofText.count + 1)
  }

  @Test(
    "The evidence for a folded parameter is listed",
    arguments: [
      (
        "catseg", "\(clip)visual.positional_embedding",
        "; the second resized, both added to the patches of \(clip)visual.conv1.weight; transposed back"
      ),
      (
        "catseg", "\(clip)visual.transformer.resblocks.1.attn.k_proj_weight",
        "its product is the keys in front of \(clip)visual.transformer.resblocks.1.attn.out_proj; transposed back"
      ),
      (
        "catseg", "\(clip)visual.transformer.resblocks.2.attn.v_proj_bias",
        "it is added where its product is the values in front of \(clip)visual.transformer.resblocks.2.attn.out_proj"
      ),
      (
        "catseg", "sem_seg_head.predictor.transformer.layers.0.attention.padding_guidance",
        "it is repeated beside sem_seg_head.predictor.transformer.layers.0.attention.padding_tokens"
      ),
      ("catseg-noted", "\(clip)visual.class_embedding", "expand in the file, noted to be made from it"),
    ])
  func tellsEvidence(file: String, tensor: String, evidence: String) throws {
    let archive = try open(packed: file)
    let found = try #require(archive.recovered[tensor])
    #expect(found.hasSuffix(evidence), "\(found)")
  }

  @Test("Embeddings of OpenCLIP's export come back under their names")
  func recoversCLIP() throws {
    let archive = try ONNXArchive(path: fixture("vit/quick.onnx"))
    #expect(archive.unresolved.isEmpty)
    let shapes = Dictionary(uniqueKeysWithValues: archive.tensors.map { ($0.name, $0.shape) })
    #expect(shapes["visual.class_embedding"] == [16])
    #expect(shapes["visual.positional_embedding"] == [101, 16])
    #expect(shapes["positional_embedding"] == [16, 8])
    #expect(
      archive.recovered["positional_embedding"]
        == "onnx::Add_677 in the file; it is added to rows of token_embedding.weight")
  }

  // MARK: Graphs by hand

  /// Attention of one block with made-up biases; `scores` are the operands of the product in front of the softmax.
  private static func attention(scores: [String] = ["q", "k"], values: String = "v") -> Message {
    var graph = Message()
    for (index, part) in ["q", "k", "v"].enumerated() {
      let start = Float(index * 10)
      graph = graph.message(5, floats("onnx::MatMul_\(index)", [2, 2], [start, 1, 2, 3]))
        .message(5, floats("onnx::Add_\(index)", [2], [start, start]))
        .message(1, node("MatMul", "/m_\(part)", ["x", "onnx::MatMul_\(index)"], ["p\(part)"]))
        .message(1, node("Add", "/a_\(part)", ["p\(part)", "onnx::Add_\(index)"], ["\(part)"]))
    }
    return graph.message(5, floats("b.attn.out_proj.weight", [2, 2], [0, 0, 0, 0]))
      .message(5, floats("b.attn.out_proj.bias", [2], [0, 0]))
      .message(1, node("Transpose", "/t", [scores[1]], ["kt"]))
      .message(1, node("MatMul", "/s", [scores[0], "kt"], ["scores"]))
      .message(1, node("Softmax", "/softmax", ["scores"], ["weights"]))
      .message(1, node("MatMul", "/w", ["weights", values], ["z"]))
      .message(
        1,
        node("Gemm", "/g", ["z", "b.attn.out_proj.weight", "b.attn.out_proj.bias"], ["y"])
          .message(5, Message().text(1, "transB").varint(3, 1)))
  }

  @Test("Queries, keys and values are told apart by the product, whatever their order in the file")
  func tellsParts() throws {
    for scores in [["q", "k"], ["k", "q"]] {
      let archive = try open(Self.attention(scores: scores))
      let firsts = try ["q", "k", "v"].map { part in
        let info = try #require(archive.tensors.first { $0.name == "b.attn.\(part)_proj_bias" })
        return try archive.floats(info).values[0]
      }
      #expect(firsts == (scores[0] == "q" ? [0, 10, 20] : [10, 0, 20]))
    }
  }

  @Test("Where the product does not tell them apart, they have no name")
  func leavesParts() throws {
    // One layer is queries and values at once.
    let archive = try open(Self.attention(values: "q"))
    #expect(!archive.tensors.contains { $0.name.contains("_proj_") })
    #expect(!archive.unresolved.isEmpty)
  }

  @Test("Values without attention have no name where no other block has any")
  func leavesValues() throws {
    let archive = try open(
      Message().message(5, floats("onnx::MatMul_1", [2, 2], [0, 1, 2, 3]))
        .message(5, floats("onnx::Add_1", [2], [4, 5]))
        .message(1, node("MatMul", "/m", ["x", "onnx::MatMul_1"], ["p"]))
        .message(1, node("Add", "/a", ["p", "onnx::Add_1"], ["v"]))
        .message(5, floats("b.attn.out_proj.weight", [2, 2], [0, 0, 0, 0]))
        .message(5, floats("b.attn.out_proj.bias", [2], [0, 0]))
        .message(
          1,
          node("Gemm", "/g", ["v", "b.attn.out_proj.weight", "b.attn.out_proj.bias"], ["y"])
            .message(5, Message().text(1, "transB").varint(3, 1))))
    #expect(!archive.tensors.contains { $0.name.contains("_proj_") })
    #expect(archive.unresolved.keys.contains("onnx::MatMul_1"))
  }

  @Test("A constant of different rows is no repeated parameter")
  func leavesRows() throws {
    let signature = "p_a_padding: PARAMETER target='a.padding'"
    for (values, isRepeated) in [([1, 2, 1, 2], true), ([1, 2, 1, 3], false)] as [([Float], Bool)] {
      let note = Message().text(1, "expand_1").entry(
        4, "pkg.onnxscript.optimizer.folded_from", "['a.padding', 'val_3']")
      let archive = try open(
        Message().message(5, floats("expand_1", [2, 2], values)).message(13, note)
          .message(1, node("Concat", "node_cat", ["x", "expand_1"], ["y"]))
          .entry(16, "pkg.torch.export.ExportedProgram.graph_signature", signature))
      #expect(archive.tensors.map(\.name) == [isRepeated ? "a.padding" : "expand_1"])
      #expect(try archive.floats(archive.tensors[0]).values == (isRepeated ? [1, 2] : values))
      #expect(archive.unresolved.isEmpty == isRepeated)
    }
  }
}
