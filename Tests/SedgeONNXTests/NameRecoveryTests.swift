// Names that exporters took from parameters, found again.

import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("Names of parameters")
struct NameRecoveryTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ graph: Message) throws -> ONNXArchive {
    try ONNXArchive(path: try folder.write(model(graph), to: "model.onnx"))
  }

  // MARK: Files from PyTorch

  @Test(
    "Every parameter of the graph comes back under its name, in its shape, bit for bit",
    arguments: [
      "image.onnx", "image-noted.onnx", "text.onnx", "text-constants.onnx", "text-optimized.onnx",
      "image-optimized.onnx",
    ])
  func recoversAll(_ name: String) throws {
    let archive = try ONNXArchive(path: fixture("onnx/\(name)"))
    // The text encoder was exported by itself, and its names begin there.
    let isText = name.hasPrefix("text")
    let prefix = isText ? "sem_seg_head.predictor." : ""
    let expected = try FilledTensor.all().filter {
      let isOfText = $0.name.contains("clip_model.") && !$0.name.contains("visual.")
      return isOfText == isText && !$0.name.hasSuffix("logit_scale")
    }
    #expect(Set(archive.tensors.map { prefix + $0.name }) == Set(expected.map(\.name)))
    #expect(archive.unresolved.isEmpty)
    for info in archive.tensors {
      let tensor = try #require(expected.first { $0.name == prefix + info.name })
      #expect(try archive.floats(info) == Tensor(shape: tensor.shape, values: tensor.values), "\(info.name)")
    }
  }

  @Test("What other tools made of a model's weights comes back right or with what happened to it")
  func tellsChanges() throws {
    let expected = try FilledTensor.all().filter {
      $0.name.contains("clip_model.") && !$0.name.contains("visual.")
    }
    for name in ["text-fused.onnx", "text-int8.onnx"] {
      let archive = try ONNXArchive(path: fixture("onnx/\(name)"))
      for info in archive.tensors where archive.unresolved[info.name] == nil {
        let tensor = try #require(
          expected.first { $0.name == "sem_seg_head.predictor.\(info.name)" }, "\(info.name)")
        #expect(
          try archive.floats(info) == Tensor(shape: tensor.shape, values: tensor.values),
          "\(name) \(info.name)")
      }
    }
  }

  @Test("ONNX Runtime's quantization is named, for the weights that it leaves a name")
  func namesQuantization() throws {
    let archive = try ONNXArchive(path: fixture("onnx/text-int8.onnx"))
    let reasons = Dictionary(
      archive.skipped.map { ($0.name, $0.reason) }, uniquingKeysWith: { first, _ in first })
    #expect(
      reasons["clip_model.token_embedding.weight"]
        == "it is quantized (uint8); give the float model that this one was made from")
    #expect(archive.notes.contains { $0.contains("weights are quantized") })
    #expect(!archive.tensors.contains { $0.name.contains("quantized") || $0.name.contains("_scale") })
  }

  @Test("What no output depends on is not in an export", arguments: ["image.onnx", "text.onnx"])
  func lacksUnused(_ name: String) throws {
    let archive = try ONNXArchive(path: fixture("onnx/\(name)"))
    #expect(!archive.tensors.contains { $0.name.hasSuffix("logit_scale") })
  }

  private static let decoder = "sem_seg_head.predictor.transformer.decoder1"

  @Test(
    "The evidence for a recovered name is listed",
    arguments: [
      (
        "image.onnx", "\(decoder).cnext.pwconv1.weight",
        "onnx::MatMul_370 in the file; \(decoder).cnext.pwconv1.bias is added to its product; transposed back"
      ),
      (
        "image.onnx", "\(decoder).conv.double_conv.1.bias",
        "onnx::Add_407 in the file; its node is in /decoder1/conv/double_conv/double_conv.1"
      ),
      (
        "image.onnx", "sem_seg_head.predictor.clip_model.visual.head.proj.weight",
        "onnx::MatMul_363 in the file; its node is in /visual/head/proj; transposed back"
      ),
      (
        "image-noted.onnx", "\(decoder).cnext.pwconv1.weight",
        "val_67 in the file; \(decoder).cnext.pwconv1.bias is added to its product; its node is noted to be that layer's; "
          + "transposed back"
      ),
      (
        "image-noted.onnx", "\(decoder).conv.double_conv.4.weight",
        "val_201 in the file; its node is noted to be that layer's"
      ),
      (
        "text.onnx", "clip_model.transformer.resblocks.0.attn.in_proj_weight",
        "onnx::MatMul_235 in the file; clip_model.transformer.resblocks.0.attn.in_proj_bias is added to its "
          + "product; transposed back"
      ),
    ])
  func tellsEvidence(_ name: String, _ tensor: String, _ evidence: String) throws {
    let archive = try ONNXArchive(path: fixture("onnx/\(name)"))
    #expect(archive.recovered[tensor] == evidence)
  }

  @Test("A parameter that kept its name needs no evidence")
  func leavesNames() throws {
    let archive = try ONNXArchive(path: fixture("onnx/text.onnx"))
    #expect(archive.tensors.contains { $0.name == "clip_model.text_projection" })
    #expect(archive.recovered["clip_model.text_projection"] == nil)
  }

  // MARK: Graphs by hand

  @Test("A constant without a parameter's name is no parameter where others are")
  func separatesNamedConstants() throws {
    let constants = [("eps", [] as [Int], [1] as [Float]), ("fc.bias", [3], [0, 0, 0]), ("shift", [1], [2])]
      .map {
        node("Constant", "", [], [$0.0]).message(
          5, Message().text(1, "value").message(5, floats("", $0.1, $0.2)))
      }
    let archive = try open(
      constants.reduce(Self.product) { $0.message(1, $1) }
        .message(1, node("Add", "/fc/Add", ["fc.bias", "product"], ["y"])))
    #expect(archive.tensors.map(\.name) == ["fc.weight", "fc.bias", "shift"])
    #expect(archive.constants.map(\.name) == ["eps"])
  }

  @Test("The scope of a node that ONNX Runtime made of several is that of the first")
  func readsFusedScopes() throws {
    let archive = try open(
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(5, floats("onnx::MatMul_8", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/visual/head/MatMul", ["x", "onnx::MatMul_9"], ["product"]))
        .message(5, floats("visual.trunk.stem.bias", [3], [0, 0, 0]))
        .message(
          1,
          node(
            "Gemm", "/visual/stem/MatMul/MatMulAddFusion", ["z", "onnx::MatMul_8", "visual.trunk.stem.bias"],
            ["v"])
        )
        .message(5, floats("visual.trunk.head.norm.weight", [1], [0]))
        .message(1, node("Mul", "/visual/norm/Mul", ["x", "visual.trunk.head.norm.weight"], ["w"])))
    #expect(archive.recovered["visual.head.weight"] != nil)
    #expect(archive.recovered["visual.trunk.stem.weight"] != nil)
  }

  /// A product with a weight that has no name of its own.
  private static let product = Message()
    .message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
    .message(1, node("MatMul", "/fc/MatMul", ["x", "onnx::MatMul_9"], ["product"]))

  private static let bias = floats("fc.bias", [3], [0, 0, 0])

  @Test("A linear weight is given back as [out, in]")
  func transposes() throws {
    let archive = try open(
      Self.product.message(5, Self.bias)
        .message(1, node("Add", "/fc/Add", ["fc.bias", "product"], ["y"])))
    let info = try #require(archive.tensors.first { $0.name == "fc.weight" })
    #expect(try archive.floats(info) == Tensor(shape: [3, 2], values: [1, 4, 2, 5, 3, 6]))
  }

  @Test("A weight that Gemm transposes is given back as it is")
  func leavesGemm() throws {
    let gemm = node("Gemm", "/fc/Gemm", ["x", "7", "fc.bias"], ["y"])
      .message(5, Message().text(1, "transB").varint(3, 1))
    let archive = try open(
      Message().message(5, floats("7", [3, 2], [1, 2, 3, 4, 5, 6])).message(5, Self.bias).message(1, gemm))
    let info = try #require(archive.tensors.first { $0.name == "fc.weight" })
    #expect(try archive.floats(info) == Tensor(shape: [3, 2], values: [1, 2, 3, 4, 5, 6]))
  }

  /// A graph whose weight has no certain name, and why.
  struct Doubt: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let graph: Message
    let reason: String

    init(_ name: String, _ graph: Message, _ reason: String) {
      (testDescription, self.graph, self.reason) = (name, graph, reason)
    }
  }

  static let doubtCases = [
    Doubt(
      "no bias, no scope",
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "MatMul_1", ["x", "onnx::MatMul_9"], ["product"])),
      "nothing in the graph says which layer it belongs to"),
    Doubt(
      "the bias of another module",
      product.message(5, bias).message(1, node("Add", "/other/Add", ["fc.bias", "product"], ["y"])),
      "fc.bias is added to its product in another module"),
    Doubt(
      "a bias of another length, in a module that nothing is known of",
      product.message(5, floats("model.fc.bias", [2], [0, 0]))
        .message(1, node("Add", "/fc/Add", ["model.fc.bias", "product"], ["y"]))
        .message(5, floats("model.other.weight", [1], [0]))
        .message(1, node("Mul", "/fc/Mul", ["x", "model.other.weight"], ["z"])),
      "model.fc.bias is added to its product, and is not known to be a layer's bias"),
    Doubt(
      "a scope that can be two modules",
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/a/fc/MatMul", ["x", "onnx::MatMul_9"], ["product"]))
        .message(5, floats("a.a.norm.weight", [1], [0]))
        .message(1, node("Mul", "/a/norm/Mul", ["x", "a.a.norm.weight"], ["z"])),
      "its node's scope /a/fc may be any of a.a.fc, a.fc"),
    Doubt(
      "a product from the left",
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/fc/MatMul", ["onnx::MatMul_9", "x"], ["product"])),
      "it is multiplied from the left, which no linear layer does"),
    Doubt(
      "a convolution's weight that was renamed",
      Message().message(5, floats("onnx::MatMul_9", [1, 1, 2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("Conv", "/conv/Conv", ["x", "onnx::MatMul_9"], ["y"])),
      "it is an argument of Conv, and may have been changed with its name"),
    Doubt(
      "a scope beside a module that is not called",
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/a/fc/MatMul", ["x", "onnx::MatMul_9"], ["product"]))
        .message(5, floats("a.trunk.norm.weight", [1], [0]))
        .message(1, node("Mul", "/a/norm/Mul", ["x", "a.trunk.norm.weight"], ["z"])),
      "its node's scope /a/fc may be any of a.fc, a.trunk.fc"),
    Doubt(
      "something else than a bias is added",
      product.message(5, bias).message(5, floats("scaled", [3], [0, 0, 0]))
        .message(1, node("Mul", "/fc/Mul", ["x", "fc.bias"], ["z"]))
        .message(1, node("Add", "/fc/Add", ["scaled", "product"], ["y"])),
      "scaled is added to its product, and is not known to be a layer's bias"),
    Doubt(
      "an argument of an operator that is not known",
      Message().message(5, floats("onnx::MatMul_9", [1], [1])).message(5, bias).message(
        1, node("LSTM", "/LSTM", ["x", "y", "onnx::MatMul_9"], ["z"])),
      "it is an argument of LSTM, and may have been changed with its name"),
    Doubt(
      "a name that is taken",
      product.message(5, bias).message(1, node("Add", "/fc/Add", ["fc.bias", "product"], ["y"]))
        .message(5, floats("fc.weight", [1], [0])),
      "it would be fc.weight, as another tensor is"),
  ]

  @Test("Uncertain names are reported as unresolved, and not guessed", arguments: doubtCases)
  func doubts(_ doubt: Doubt) throws {
    let archive = try open(doubt.graph)
    #expect(archive.unresolved["onnx::MatMul_9"] == doubt.reason)
    #expect(archive.recovered.isEmpty)
    #expect(archive.tensors.contains { $0.name == "onnx::MatMul_9" })
  }

  @Test(
    "A tensor that a tool made of parameters is no parameter",
    arguments: [
      ("/fc/MatMul_output_0_weight_fused", "its name says that it was fused with another layer"),
      ("_v_479", "a tool made it that went over the graph, and may have changed it"),
    ])
  func refusesChanged(_ name: String, _ reason: String) throws {
    let archive = try open(
      Message().message(5, floats(name, [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/fc/MatMul", ["x", name], ["product"])).message(5, Self.bias)
        .message(1, node("Mul", "/fc/Mul", ["product", "fc.bias"], ["y"])))
    #expect(archive.tensors.map(\.name) == [name, "fc.bias"])
    #expect(archive.unresolved == [name: reason])
  }

  @Test("A weight that a tool transposed for Gemm is known by its bias")
  func followsTools() throws {
    let gemm = node("Gemm", "val_5", ["x", "val_5_weight", "fc.bias"], ["y"])
      .message(5, Message().text(1, "transB").varint(3, 1))
    let archive = try open(
      Message().message(5, floats("val_5_weight", [3, 2], [1, 2, 3, 4, 5, 6])).message(5, Self.bias)
        .message(5, tensor("gemm_input_shape", type: 7, [2]).bytes(7, [5, 6])).message(1, gemm))
    #expect(archive.tensors.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(archive.recovered["fc.weight"] == "val_5_weight in the file; fc.bias is added to its product")
    #expect(archive.constants.map(\.name) == ["gemm_input_shape"])
  }

  @Test("A module is found next to one that is not called, where another layer's scope rules that one out")
  func rulesOut() throws {
    let archive = try open(
      Message().message(5, floats("onnx::MatMul_9", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(1, node("MatMul", "/visual/head/MatMul", ["x", "onnx::MatMul_9"], ["product"]))
        .message(5, floats("visual.trunk.head.norm.weight", [1], [0]))
        .message(1, node("Mul", "/visual/norm/Mul", ["x", "visual.trunk.head.norm.weight"], ["z"]))
        .message(5, floats("visual.trunk.stem.weight", [1], [0]))
        .message(1, node("Mul", "/visual/stem/Mul", ["z", "visual.trunk.stem.weight"], ["v"])))
    #expect(archive.recovered["visual.head.weight"] != nil)
  }

  @Test("In a graph without parameters of modules all tensors are listed, under the names of the file")
  func listsOthers() throws {
    let constant = node("Constant", "", [], ["conv_0.w_0"])
      .message(5, Message().text(1, "value").message(5, floats("", [1], [2])))
    let archive = try open(
      Message().message(5, floats("dense/kernel:0", [2, 3], [1, 2, 3, 4, 5, 6]))
        .message(5, floats("dense/bias:0", [3], [0, 0, 0])).message(
          5, tensor("shape__7", type: 7, [1]).bytes(7, [5])
        )
        .message(1, node("MatMul", "dense", ["x", "dense/kernel:0"], ["product"]))
        .message(1, node("Add", "add", ["product", "dense/bias:0"], ["y"])).message(1, constant))
    #expect(archive.tensors.map(\.name) == ["dense/kernel:0", "dense/bias:0", "shape__7", "conv_0.w_0"])
    #expect(archive.tensors.map(\.shape) == [[2, 3], [3], [1], [1]])
    #expect(archive.recovered.isEmpty && archive.unresolved.isEmpty && archive.constants.isEmpty)
  }

  @Test("What the graph copies for another layer is that layer's, too")
  func followsCopies() throws {
    let archive = try open(
      Message().message(5, floats("a.weight", [2], [1, 2]))
        .message(1, node("Identity", "Identity_1", ["a.weight"], ["b.weight"])))
    #expect(archive.tensors.map(\.name) == ["a.weight", "b.weight"])
    #expect(try archive.floats(archive.tensors[1]).values == [1, 2])
    #expect(archive.recovered == ["b.weight": "the graph copies it from a.weight"])
  }

  @Test("What stands in for its equal is that layer's, too")
  func followsNotes() throws {
    let signature = """
      # inputs
      p_a_weight: PARAMETER target='a.weight'
      p_a_bias: PARAMETER target='a.bias'
      p_b_weight: PARAMETER target='b.weight'
      p_b_bias: PARAMETER target='b.bias'
      """
    let note =
      "%l : call_function[target=torch.ops.aten.layer_norm.default](args = (%x, [2], %p_b_weight, %p_b_bias))"
    let archive = try open(
      Message().message(5, floats("a.weight", [2], [1, 2])).message(5, floats("a.bias", [2], [3, 4]))
        .message(
          1,
          node("LayerNormalization", "node_1", ["x", "a.weight", "a.bias"], ["y"])
            .entry(9, "pkg.torch.onnx.fx_node", note)
        )
        .entry(16, "pkg.torch.export.ExportedProgram.graph_signature", signature))
    #expect(archive.tensors.map(\.name) == ["a.weight", "b.weight", "a.bias", "b.bias"])
    #expect(try archive.floats(archive.tensors[3]).values == [3, 4])
    #expect(archive.recovered["b.bias"] == "its node is noted to take it, and takes a.bias, its equal")
  }

  @Test("Numbers that are no parameters are listed apart, and can be read")
  func separatesConstants() throws {
    let constant = node("Constant", "/Constant", [], ["/Constant_output_0"])
      .message(5, Message().text(1, "value").message(5, tensor("", type: 7, [2]).bytes(7, [5, 6])))
    let archive = try open(
      Message().message(5, floats("val_3", [1], [2])).message(5, floats("a.weight", [1], [7]))
        .message(1, constant))
    #expect(archive.tensors.map(\.name) == ["a.weight"])
    #expect(archive.constants.map(\.name) == ["val_3", "/Constant_output_0"])
    #expect(try archive.integers(archive.constants[1]) == [5, 6])
  }
}
