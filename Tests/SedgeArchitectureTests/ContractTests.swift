// Directories that break the contract, and their exact problems.

import TestSupport
import SedgeArchitecture
import SedgeTensor
import Testing

/// A change to the directory of a model, and every resulting problem.
struct Damage: CustomTestStringConvertible {
  var testDescription: String
  var options: ArchitectureOptions
  var change: @Sendable (inout [TensorInfo]) -> Void
  var problems: [ContractProblem]

  init(
    _ description: String, options: ArchitectureOptions = ArchitectureOptions(textHeads: 2),
    _ problems: [ContractProblem], change: @escaping @Sendable (inout [TensorInfo]) -> Void = { _ in }
  ) {
    testDescription = description
    self.options = options
    self.change = change
    self.problems = problems
  }
}

/// A problem with a tensor of the listed model.
private func problem(
  _ name: String, _ kind: ContractProblem.Kind, _ cause: String? = nil, remedy: Remedy? = nil
) -> ContractProblem {
  ContractProblem(tensor: listedPrefix + name, kind: kind, cause: cause, remedy: remedy)
}

private let block = "clip_model.visual.trunk.stages.0.blocks.0"

extension Damage {
  /// One tensor is wrong.
  static let tensors = [
    Damage("missing", [problem("clip_model.ln_final.bias", .missing(expected: [32]))]) {
      $0.remove("clip_model.ln_final.bias")
    },
    Damage("unexpected", [problem("extra.weight", .unexpected(found: [3]))]) { $0.put("extra.weight", [3]) },
    Damage(
      "under no prefix",
      [
        ContractProblem(
          tensor: "optimizer.momentum", kind: .unexpected(found: [9]),
          cause: "not under sem_seg_head.predictor.")
      ]
    ) { tensors in
      if let info = TensorInfo(name: "optimizer.momentum", elementType: .float32, shape: [9]) {
        tensors.append(info)
      }
    },
    Damage(
      "wrong shape",
      [problem("transformer.head.weight", .wrongShape(expected: [1, 16, 3, 3], found: [1, 16, 5, 5]))]
    ) { $0.put("transformer.head.weight", [1, 16, 5, 5]) },
    Damage(
      "transposed",
      [problem("\(block).mlp.fc1.weight", .wrongShape(expected: [64, 16], found: [16, 64]), "transposed")]
    ) { $0.put("\(block).mlp.fc1.weight", [16, 64]) },
    Damage(
      "another order of dimensions",
      [
        problem(
          "clip_model.visual.trunk.stem.0.weight",
          .wrongShape(expected: [16, 3, 4, 4], found: [4, 4, 3, 16]),
          "its dimensions are in another order")
      ]
    ) { $0.put("clip_model.visual.trunk.stem.0.weight", [4, 4, 3, 16]) },
    Damage(
      "folded up",
      [
        problem(
          "clip_model.ln_final.bias", .wrongShape(expected: [32], found: [8, 4]),
          "the same number of elements")
      ]
    ) { $0.put("clip_model.ln_final.bias", [8, 4]) },
    Damage(
      "renamed, of another shape",
      [
        problem("clip_model.ln_final.bias", .missing(expected: [32])),
        problem("clip_model.ln_final.bais", .unexpected(found: [33])),
      ]
    ) { $0.put("clip_model.ln_final.bais", [33], replacing: "clip_model.ln_final.bias") },
    Damage("integers", [problem("\(block).gamma", .wrongType(found: .int8))]) {
      $0.put("\(block).gamma", [16], .int8)
    },
    Damage(
      "wrong shape and type",
      [
        problem("\(block).gamma", .wrongShape(expected: [16], found: [17])),
        problem("\(block).gamma", .wrongType(found: .bool)),
      ]
    ) { $0.put("\(block).gamma", [17], .bool) },
    Damage(
      "renamed",
      [
        problem(
          "clip_model.ln_final.bias", .missing(expected: [32]),
          "did you mean sem_seg_head.predictor.clip_model.ln_final.bais, 32?"),
        problem("clip_model.ln_final.bais", .unexpected(found: [32])),
      ]
    ) { $0.put("clip_model.ln_final.bais", [32], replacing: "clip_model.ln_final.bias") },
    Damage(
      "several, in the order of the forward pass, the unexpected last",
      [
        problem("\(block).gamma", .missing(expected: [16])),
        problem("clip_model.logit_scale", .wrongShape(expected: [], found: [2])),
        problem("transformer.head.bias", .missing(expected: [1])),
        problem("a", .unexpected(found: [5])),
      ]
    ) {
      $0.put("a", [5])
      $0.remove("transformer.head.bias")
      $0.put("clip_model.logit_scale", [2])
      $0.remove("\(block).gamma")
    },
    Damage(
      "block number 1,000,000,000",
      [problem("clip_model.visual.trunk.stages.0.blocks.1000000000.gamma", .unexpected(found: [16]))]
    ) { $0.put("clip_model.visual.trunk.stages.0.blocks.1000000000.gamma", [16]) },
    Damage(
      "a block number beyond Int",
      [
        problem(
          "clip_model.visual.trunk.stages.0.blocks.99999999999999999999.gamma", .unexpected(found: [16]))
      ]
    ) { $0.put("clip_model.visual.trunk.stages.0.blocks.99999999999999999999.gamma", [16]) },
  ]

  /// No model has these dimensions.
  static let dimensions = [
    Damage(
      "an absurd extent",
      [problem("clip_model.token_embedding.weight", .impossible("has an extent of 1099511627776"))]
    ) { $0.put("clip_model.token_embedding.weight", [1 << 40, 32]) },
    Damage("no extent", [problem("clip_model.positional_embedding", .impossible("has an extent of 0"))]) {
      $0.put("clip_model.positional_embedding", [0, 32])
    },
    Damage(
      "an absurd kernel", [problem("transformer.conv1.weight", .impossible("has an extent of 65537"))]
    ) { $0.put("transformer.conv1.weight", [32, 4, 65537, 65537]) },
    Damage(
      "an absurd hidden width",
      [problem("clip_model.visual.head.mlp.fc1.weight", .impossible("has an extent of 1152921504606846976"))]
    ) {
      $0.put("clip_model.visual.head.mlp.fc1.bias", [1 << 60])
      $0.put("clip_model.visual.head.mlp.fc2.weight", [1, 1])
      $0.put("clip_model.visual.head.mlp.fc1.weight", [1 << 60, 1])
    },
    Damage(
      "nothing tells the context length",
      [
        problem(
          "clip_model.positional_embedding",
          .impossible("neither it nor a related tensor determines the dimension"))
      ]
    ) { $0.remove("clip_model.positional_embedding") },
    Damage(
      "a stage without blocks",
      [
        problem(
          "clip_model.visual.trunk.stages.1.blocks.0", .impossible("expected, found no tensor of it"))
      ]
    ) { tensors in tensors.removeAll { $0.name.contains("stages.1.blocks.") } },
    Damage(
      "heads that do not divide", options: ArchitectureOptions(heads: 5, textHeads: 2),
      [("1", 32), ("2", 32), ("3", 16)].map {
        problem(
          "transformer.decoder\($0.0).attention.attention.q.weight",
          .impossible("5 heads do not divide a width of \($0.1)"), remedy: .set(.heads))
      }),
    Damage(
      "text heads that do not divide", options: ArchitectureOptions(textHeads: 5),
      [
        problem(
          "clip_model.transformer.resblocks.0.attn.in_proj_weight",
          .impossible("5 heads do not divide a width of 32"), remedy: .set(.textHeads))
      ]),
    Damage(
      "no heads", options: ArchitectureOptions(textHeads: 0),
      [
        problem(
          "clip_model.transformer.resblocks.0.attn.in_proj_weight",
          .impossible("0 heads do not divide a width of 32"), remedy: .set(.textHeads))
      ]),
    Damage(
      "no pooling", options: ArchitectureOptions(textHeads: 2, pooling: 0),
      [problem("transformer.decoder1.attention", .impossible("pooling is 0, expected 1 or more"))]),
    Damage("an even kernel", [problem("\(block).conv_dw.weight", .impossible("has an even kernel"))]) {
      for (stage, width) in [16, 32, 48, 64].enumerated() {
        $0.put("clip_model.visual.trunk.stages.\(stage).blocks.0.conv_dw.weight", [width, 1, 6, 6])
      }
    },
    Damage("an even cost kernel", [problem("transformer.conv1.weight", .impossible("has an even kernel"))]) {
      $0.put("transformer.conv1.weight", [32, 4, 2, 2])
    },
    Damage(
      "widths that make no groups",
      [
        problem(
          "transformer.decoder1.conv.double_conv.1.weight",
          .impossible("24 channels are no multiple of 16, a group's size"))
      ]
    ) {
      $0.put("transformer.decoder1.conv.double_conv.1.weight", [24])
      $0.put("transformer.decoder1.conv.double_conv.4.weight", [24])
    },
    Damage(
      "guidance that leaves nothing",
      [problem("transformer.decoder1.up.weight", .impossible("guidance of 32 channels leaves none of 32"))]
    ) {
      $0.put("transformer.decoder_guidance_projection.0.0.bias", [32])
      $0.put("transformer.decoder_corr_guidance_projection.0.0.bias", [32])
    },
  ]
}

@Suite("Contract")
struct ContractTests {
  @Test("Every problem is named, with its cause", arguments: Damage.tensors)
  func damaged(_ damage: Damage) throws {
    var tensors = try directory("sed_nano")
    damage.change(&tensors)
    let recognition = Recognition(tensors, options: damage.options)
    #expect(recognition.architecture == .nano)
    #expect(recognition.problems == damage.problems)
    #expect(!recognition.fits)
  }

  @Test("Dimensions that no model has are refused", arguments: Damage.dimensions)
  func impossible(_ damage: Damage) throws {
    var tensors = try directory("sed_nano")
    damage.change(&tensors)
    let recognition = Recognition(tensors, options: damage.options)
    #expect(recognition.architecture == nil)
    #expect(recognition.problems == damage.problems)
  }

  @Test(
    "A file of another kind is recognized",
    arguments: [
      (
        "clip_model.visual.trunk.", "",
        "looks like the state dict of timm's trunk, which is only a part; give the files with the others too"
      ),
      (
        "clip_model.visual.", "visual.",
        "looks like OpenCLIP's image encoder alone; give the file with the text encoder too"
      ),
      (
        "clip_model.", "clip_model.",
        "the image encoder is there, the decoder is not; use the whole checkpoint, or take CLIP alone"
      ),
      ("transformer.", "transformer.", "the decoder is there, CLIP is not; use the whole checkpoint"),
      (
        "clip_model.transformer.", "visual.transformer.",
        "looks like OpenCLIP's image encoder alone; give the file with the text encoder too"
      ),
      ("clip_model.ln_final.", "norm.", "none of the names is one of SED's or CLIP's"),
      ("nothing", "", "the file holds no tensors"),
    ])
  func somethingElse(part: String, newPrefix: String, cause: String) throws {
    let tensors = try directory("sed_nano", prefix: "").filter { $0.name.hasPrefix(part) }.compactMap {
      TensorInfo(
        name: newPrefix + $0.name.dropFirst(part.count), elementType: .float32, shape: $0.shape)
    }
    let recognition = Recognition(tensors)
    #expect(recognition.architecture == nil)
    let tensor =
      newPrefix == "clip_model." ? "transformer.conv1.weight" : "clip_model.visual.trunk.stem.0.weight"
    #expect(
      recognition.problems.map(\.description) == ["\(tensor): not found, under any prefix (\(cause))"])
  }

  @Test("A file of integers has as many problems as tensors")
  func allIntegers() throws {
    let tensors = try directory("sed_nano").compactMap {
      TensorInfo(name: $0.name, elementType: .int64, shape: $0.shape)
    }
    let recognition = Recognition(tensors, options: ArchitectureOptions(textHeads: 2))
    #expect(recognition.problems.count == tensors.count)
    #expect(recognition.problems.allSatisfy { $0.kind == .wrongType(found: .int64) })
  }

  @Test("Every tensor of an omitted block is missing")
  func gap() throws {
    var tensors = try directory("sed_nano")
    tensors.put("clip_model.visual.trunk.stages.0.blocks.2.gamma", [16])
    let recognition = Recognition(tensors, options: ArchitectureOptions(textHeads: 2))
    #expect(recognition.architecture?.image.convNeXt?.depths == [3, 1, 2, 1])
    #expect(recognition.problems.count == 9 + 8)
    #expect(recognition.problems.allSatisfy { $0.description.contains(": missing, expected ") })
  }

  @Test("Thousands of unknown tensors with long names are refused quickly")
  func manyStrangers() throws {
    var tensors = try directory("sed_nano")
    for number in 0..<2000 {
      tensors.put("clip_model.visual.trunk.stages.\(number % 4).blocks.\(1000 + number).gamma", [16])
    }
    for number in 0..<200 {
      tensors.put("clip_model.transformer.resblocks.\(number).x", [1])
    }
    tensors.put(String(repeating: "a", count: 1 << 20), [1])
    var found: Recognition?
    // Far below a minute, and each name beside each, letter by letter, far above.
    #expect(
      processorSeconds { found = Recognition(tensors, options: ArchitectureOptions(textHeads: 2)) } < 60)
    let recognition = try #require(found)
    #expect(recognition.architecture?.text.layers == 200)
    #expect(recognition.problems.count > 2000)
  }

  @Test(
    "The distance of two names is the least number of edits",
    arguments: [
      ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abd", 1), ("abc", "bc", 1),
      ("kitten", "sitting", 3), ("norm.weight", "norm.bias", 5), ("é", "e", 2),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(editDistance(a, b) == expected)
    #expect(editDistance(b, a) == expected)
  }

  @Test("The description of every problem is one line")
  func wording() {
    let kinds: [(ContractProblem.Kind, String)] = [
      (.missing(expected: [1, 2]), "x: missing, expected 1x2 (why)"),
      (.unexpected(found: []), "x: unexpected, found scalar (why)"),
      (.wrongShape(expected: [1], found: [2]), "x: wrong shape, expected 1, found 2 (why)"),
      (.wrongType(found: .int8), "x: wrong type, expected floating-point numbers, found int8 (why)"),
      (.nonFinite(count: 2, firstIndex: 7), "x: 2 values are not finite, the first at index 7 (why)"),
      (.impossible("has an even kernel"), "x: has an even kernel (why)"),
    ]
    for (kind, text) in kinds {
      #expect(ContractProblem(tensor: "x", kind: kind, cause: "why").description == text)
    }
    let error = ContractError(
      path: "f.h5", model: "SED-B", problems: [ContractProblem(tensor: "x", kind: .wrongType(found: .int8))])
    #expect(
      error.description
        == "f.h5: looks like SED-B, but has a problem\n  x: wrong type, expected floating-point numbers, "
        + "found int8")
  }
}
