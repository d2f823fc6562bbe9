// Hyperparameters that shapes do not determine: their places, their precedence and their records in a file.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import TestSupport
import Testing

@Suite("Hyperparameters that shapes do not determine")
struct HyperparameterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A checkpoint as safetensors with texts in its header.
  private func checkpoint(
    _ name: String = "tiny/linear.h5", metadata: [String: String] = [:]
  ) throws -> String {
    let path = folder.file("model.safetensors")
    try StoredTensor.write(StoredTensor.all(in: fixture(name)), to: path, metadata: metadata)
    return path
  }

  private func write(_ text: String, _ name: String) throws {
    _ = try folder.write(Array(text.utf8), to: name)
  }

  /// What is known of each hyperparameter and how, such as `text-heads 2 found model.safetensors, text_heads`.
  private func known(
    _ path: String, _ options: ArchitectureOptions = ArchitectureOptions()
  ) throws -> [String] {
    try Inspection(path: path, options: options).hyperparameters.map { record, values in
      "\(record.name) \(Hyperparameter.text(of: values)) \(record.origin.name) \(record.origin.detail ?? "")"
    }
  }

  private static let assumptions = [
    "heads 4 assumed as in SED-B and SED-L", "text-heads 1 assumed text width / 64",
    "pooling 1 assumed as in the published evaluation", "norm-eps 1e-06 assumed as in timm's ConvNeXts",
    "resolution 768 assumed as in SED-B and SED-L",
  ]

  @Test("Without metadata or configuration every number is assumed")
  func nothing() throws {
    let found = try known(checkpoint(metadata: ["format": "pt"]))
    #expect(found.prefix(5) == Self.assumptions[...])
    #expect(found.suffix(2).allSatisfy { $0.hasSuffix(" derived CLIP") })
  }

  // MARK: - Where

  /// A configuration of OpenCLIP's for tiny/linear, as `open_clip.push_to_hf_hub` writes it.
  private static func openCLIP(heads: Int = 2, width: Int = 16) -> String {
    """
    {
      "model_cfg": {
        "embed_dim": 24,
        "vision_cfg": {"timm_model_name": "convnext_own", "timm_model_pretrained": false, "timm_pool": "",
          "timm_proj": "linear", "timm_drop": 0.0, "image_size": 96},
        "text_cfg": {"context_length": 77, "vocab_size": 300, "width": \(width), "heads": \(heads), "layers": 2}
      },
      "preprocess_cfg": {"mean": [0.5, 0.25, 0.125], "std": [0.5, 0.5, 1.0], "interpolation": "bicubic",
        "resize_mode": "shortest"}
    }
    """
  }

  /// SED's configuration as detectron2 writes it: PyYAML's block style, keys in alphabetical order.
  private static func detectron2(heads: Int = 4, pooling: [Int] = [1, 1], hidden: Int = 24) -> String {
    """
    CUDNN_BENCHMARK: true
    DATASETS:
      TEST:
      - ade20k_150_test_sem_seg
      TRAIN: &id001
      - coco_2017_train_stuff_all_sem_seg
    INPUT:
      CROP:
        ENABLED: true
        SIZE:
        - 768
        - 768
      FORMAT: RGB  # as they are read
    MODEL:
      CLIP_PIXEL_MEAN:
      - 122.7709383
      - 116.7460125
      - 104.09373615
      CLIP_PIXEL_STD: [68.5005327, 66.6321579, 70.323163]
      ENC:
        CLIP_MODEL_NAME: convnext_own
        EMBED_DIM: 768
      META_ARCHITECTURE: SED
      PIXEL_MEAN:
      - 123.675
      - 116.28
      - 103.53
      SEM_SEG_HEAD:
        ATTENTION_TYPE: linear
        CLIP_PRETRAINED: 'Own # not a comment'
        DECODER_DIMS:
        - 16
        - 16
        - 16
        DECODER_GUIDANCE_PROJ_DIMS: [8, 4, 4]
        HIDDEN_DIMS: \(hidden)
        KERNEL_SIZE:
        - 9
        - 9
        - 9
        NUM_HEADS: \(heads)
        NUM_LAYERS: 2
        POOLING_SIZES:
    \(pooling.map { "    - \($0)" }.joined(separator: "\n"))
      SWIN:
        NUM_HEADS:
        - 4
        - 8
    OUTPUT_DIR: ./output
    VERSION: 2
    """
  }

  /// What stands where, and what is known of it.
  struct Place: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var metadata: [String: String] = [:]
    var file: (name: String, text: String)?
    var found: [String]
  }

  static let places = [
    Place(
      testDescription: "metadata of safetensors",
      metadata: ["text_heads": "2", "heads": "8", "pooling": "2", "norm_eps": "1e-05", "resolution": "64"],
      found: [
        "heads 8 found model.safetensors, heads", "text-heads 2 found model.safetensors, text_heads",
        "pooling 2 found model.safetensors, pooling", "norm-eps 1e-05 found model.safetensors, norm_eps",
        "resolution 64 found model.safetensors, resolution",
      ]),
    Place(
      testDescription: "other spellings",
      metadata: [
        "model.text.num_heads": "2", "decoder.nheads": "2", "poolingSizes": "(2, 2)", "clip-resolution": "96",
      ],
      found: [
        "heads 2 found model.safetensors, decoder.nheads",
        "text-heads 2 found model.safetensors, model.text.num_heads",
        "pooling 2 found model.safetensors, poolingSizes",
        "resolution 96 found model.safetensors, clip-resolution",
      ]),
    Place(
      testDescription: "a whole configuration in one text",
      metadata: ["config": #"{"text_cfg": {"heads": 2, "width": 16}, "depths": [1, 1, 2, 1]}"#],
      found: ["text-heads 2 found model.safetensors, config.text_cfg.heads"]),
    Place(
      testDescription: "OpenCLIP's configuration, whose picture is CLIP's and not SED's",
      file: ("open_clip_config.json", openCLIP()),
      found: [
        "text-heads 2 found open_clip_config.json, model_cfg.text_cfg.heads",
        "pixel-mean 127.5,63.75,31.875 found open_clip_config.json, preprocess_cfg.mean",
        "pixel-std 127.5,127.5,255 found open_clip_config.json, preprocess_cfg.std",
      ]),
    Place(
      testDescription: "transformers' configuration of CLIP",
      file: (
        "config.json",
        #"{"model_type": "clip", "projection_dim": 24, "text_config": {"num_attention_heads": 2, "hidden_size": 16, "layer_norm_eps": 1e-05, "num_hidden_layers": 2, "hidden_act": "gelu"}, "vision_config": {"layer_norm_eps": 1e-05}}"#
      ),
      found: [
        "text-heads 2 found config.json, text_config.num_attention_heads",
        "norm-eps 1e-05 found config.json, vision_config.layer_norm_eps",
      ]),
    Place(
      testDescription: "a ConvNeXt of transformers, whose epsilon is of its last norm alone",
      file: (
        "config.json",
        #"{"model_type": "clip", "text_config": {"num_attention_heads": 2, "hidden_size": 16}, "vision_config": {"model_type": "convnext", "layer_norm_eps": 1e-12}}"#
      ),
      found: ["text-heads 2 found config.json, text_config.num_attention_heads"]),
    Place(
      testDescription: "SED's configuration in detectron2",
      file: ("config.yaml", detectron2(heads: 8, pooling: [2, 2])),
      found: [
        "heads 8 found config.yaml, MODEL.SEM_SEG_HEAD.NUM_HEADS",
        "pooling 2 found config.yaml, MODEL.SEM_SEG_HEAD.POOLING_SIZES",
        "pixel-mean 122.770935,116.74601,104.093735 found config.yaml, MODEL.CLIP_PIXEL_MEAN",
        "pixel-std 68.500534,66.63216,70.323166 found config.yaml, MODEL.CLIP_PIXEL_STD",
      ]),
  ]

  @Test("A number is read from each place that may state it, and the place is reported", arguments: places)
  func found(place: Place) throws {
    let path = try checkpoint(metadata: place.metadata)
    if let file = place.file { try write(file.text, file.name) }
    #expect(try known(path).filter { $0.contains(" found ") } == place.found)
    var ignoring = ArchitectureOptions()
    ignoring.ignoresConfiguration = true
    #expect(try known(path, ignoring).prefix(5) == Self.assumptions[...])
  }

  @Test(
    "OpenCLIP's configuration gives CLIP alone its image size as well, and its heads where it omits them"
  )
  func clip() throws {
    let path = try checkpoint("clip/linear.safetensors")
    let config =
      #"{"embed_dim": 16, "vision_cfg": {"image_size": [64, 64]}, "text_cfg": {"width": 12, "heads": 3}}"#
    try write(config, "config.json")
    #expect(
      try known(path).prefix(3) == [
        "text-heads 3 found config.json, text_cfg.heads", "norm-eps 1e-06 assumed as in timm's ConvNeXts",
        "resolution 64 found config.json, vision_cfg.image_size",
      ])
    // OpenCLIP's own default of 8 heads does not divide 12, and its default width is 512.
    try write(#"{"text_cfg": {"layers": 1}}"#, "config.json")
    let notes = try Inspection(path: path).remarks
    #expect(
      notes == [
        "config.json: is of another model, a text width of 512 by default, the tensors say 12; nothing of it is taken"
      ])
  }

  // MARK: - Which

  @Test(
    "A configuration of another model is ignored, and the reason is reported",
    arguments: [
      (
        "config.yaml", detectron2(hidden: 128),
        "config.yaml: is of another model, MODEL.SEM_SEG_HEAD.HIDDEN_DIMS is 128, the tensors say 24; nothing of it is taken"
      ),
      (
        "open_clip_config.json", openCLIP(heads: 8, width: 512),
        "open_clip_config.json: is of another model, model_cfg.text_cfg.width is 512, the tensors say 16; nothing of it is taken"
      ),
      (
        "config.json", #"{"model_type": "bert", "num_attention_heads": 2}"#,
        "config.json: is of another model, model_type is bert; nothing of it is taken"
      ),
      (
        "config.yaml", "MODEL:\n  SEM_SEG_HEAD:\n    CLIP_PRETRAINED: Convnext-B\n    NUM_HEADS: 4",
        "config.yaml: is of another model, MODEL.SEM_SEG_HEAD.CLIP_PRETRAINED is Convnext-B, of other dimensions than the tensors; nothing of it is taken"
      ),
      ("config.json", "{", "config.json: is malformed: it is no JSON object; nothing of it is taken"),
      (
        "config.json", String(repeating: "[", count: 100_000),
        "config.json: is malformed: it is no JSON object; nothing of it is taken"
      ),
      (
        "config.yaml", "\tMODEL: 1",
        "config.yaml: is malformed: line 1 is indented with a tab, which YAML does not allow; nothing of it is taken"
      ),
      (
        "config.yaml", "{MODEL: {SEM_SEG_HEAD: {NUM_HEADS: 4}}}",
        "config.yaml: is malformed: it is in YAML's flow style, expected the block style of detectron2; nothing of it is taken"
      ),
      (
        "config.yaml", "words",
        "config.yaml: is malformed: it has no line of the form KEY: VALUE; nothing of it is taken"
      ),
      (
        "config.json", #"{"text_heads": 5}"#,
        "config.json, text_heads: is 5, which does not divide a width of 16; not taken"
      ),
      (
        "config.json", #"{"text_heads": "many"}"#,
        "config.json, text_heads: is many, expected a number; not taken"
      ),
      (
        "config.json", #"{"resolution": 100}"#,
        "config.json, resolution: is 100, expected a multiple of 32; not taken"
      ),
      (
        "config.json", #"{"pooling": [1, 2]}"#,
        "config.json, pooling: is [1, 2], expected equal numbers; not taken"
      ),
      (
        "config.json", #"{"heads": 1e300}"#,
        "config.json, heads: is 1e+300, expected a whole number of 1...4096; not taken"
      ),
    ])
  func refused(name: String, text: String, note: String) throws {
    let path = try checkpoint()
    try write(text, name)
    let inspection = try Inspection(path: path)
    #expect(inspection.remarks == [note])
    #expect(inspection.fits)
    #expect(try known(path).prefix(5) == Self.assumptions[...])
  }

  private func options(_ change: (inout ConversionOptions) -> Void = { _ in }) -> ConversionOptions {
    var options = ConversionOptions()
    options.allowsNoClassNames = true
    change(&options)
    return options
  }

  private func convert(_ path: String, _ options: ConversionOptions) throws -> ConversionSummary {
    try Conversion(source: path, options: options).run(output: folder.file("model.sedge"))
  }

  @Test(
    "An option precedes the file, and the contradiction is reported; two contradicting places require the option"
  )
  func precedence() throws {
    let path = try checkpoint(metadata: ["text_heads": "2"])
    let summary = try convert(path, options { $0.architecture.textHeads = 4 })
    #expect(summary.header.architecture.text.heads == 4)
    #expect(
      summary.notes.contains {
        $0.hasPrefix("text-heads 4 ") && $0.contains("model.safetensors, text_heads ")
      })
    #expect(summary.header.hyperparameters.first { $0.name == "text-heads" }?.origin == .given)
    try write(Self.openCLIP(heads: 8), "open_clip_config.json")
    let error = try #require(throws: UsageError.self) { try convert(path, options()) }
    guard case .hyperparameter(.contradiction("text-heads", let text)) = error.kind else {
      Issue.record("\(error)")
      return
    }
    #expect(error.path == path)
    #expect(text.contains("model.safetensors, text_heads "))
    #expect(text.contains("open_clip_config.json, model_cfg.text_cfg.heads "))
    #expect(try convert(path, options { $0.architecture.textHeads = 2 }).header.architecture.text.heads == 2)
    #expect(
      try convert(path, options { $0.architecture.ignoresConfiguration = true }).header.architecture.text
        .heads
        == 1)
  }

  @Test(
    "A model that Sedge would compute otherwise than the original is refused",
    arguments: [
      (
        "config.yaml", "MODEL:\n  SEM_SEG_HEAD:\n    ATTENTION_TYPE: full",
        "MODEL.SEM_SEG_HEAD.ATTENTION_TYPE: is full, Sedge computes with linear alone"
      ),
      ("config.json", #"{"quick_gelu": true}"#, "quick_gelu: is true, Sedge computes with false alone"),
      (
        "config.json",
        #"{"text_config": {"hidden_act": "quick_gelu", "hidden_size": 16, "num_attention_heads": 2}}"#,
        "text_config.hidden_act: is quick_gelu, Sedge computes with gelu alone"
      ),
    ])
  func unsupported(name: String, text: String, problem: String) throws {
    let path = try checkpoint()
    try write(text, name)
    let error = try #require(throws: UsageError.self) { try convert(path, options()) }
    #expect(error == UsageError(.hyperparameter(.unsupported("\(name), \(problem)")), path: path))
  }

  // MARK: - Remembered

  @Test("A file records the origin of each number, and inspect reports it")
  func remembered() throws {
    let path = try checkpoint(metadata: ["text_heads": "2", "resolution": "64"])
    let summary = try convert(path, options { $0.architecture.heads = 4 })
    let inspection = try Inspection(path: summary.outputPath)
    #expect(inspection.header == summary.header)
    #expect(
      inspection.hyperparameters.map { "\($0.record.name) \($0.record.origin.name)" } == [
        "heads given", "text-heads found", "pooling assumed", "norm-eps assumed", "resolution found",
        "pixel-mean derived", "pixel-std derived",
      ])
    #expect(inspection.hyperparameters[1].record.origin.detail == "model.safetensors, text_heads")
    #expect(inspection.hyperparameters[1].values == [2])
    #expect(try Inspection(path: fixture("sedge/version2.sedge")).hyperparameters.isEmpty)
  }

  @Test("Verification against a source with other numbers fails, and confirms the equal ones")
  func contradiction() throws {
    let path = try checkpoint(metadata: ["text_heads": "2", "heads": "4"])
    _ = try convert(
      path,
      options {
        $0.architecture.textHeads = 4
        $0.resolution = 64
      })
    let verification = try Verification(model: folder.file("model.sedge"))
    let report = try verification.compare(sources: [path], pictures: [], classes: nil)
    #expect(!report.passes)
    #expect(report.failures == ["text heads: the file has 4, model.safetensors, text_heads says 2"])
    #expect(report.proven == [])
    let ignoring = try verification.compare(
      sources: [path], pictures: [], classes: nil, ignoresConfiguration: true)
    #expect(ignoring.passes && ignoring.proven == [])
    _ = try convert(path, options { $0.resolution = 64 })
    let right = try Verification(model: folder.file("model.sedge"))
      .compare(sources: [path], pictures: [], classes: nil)
    #expect(right.passes)
    #expect(right.proven.sorted() == ["heads", "text-heads"])
  }

  @Test(
    "The published models' numbers are derived from their dimensions, except those of dimensions that two models share"
  )
  func published() throws {
    for (architecture, name) in [(Architecture.sedBase, "SED-B"), (.sedLarge, "SED-L")] {
      for hyperparameter in Hyperparameter.all(of: architecture).prefix(5) {
        #expect(architecture.defaultOrigin(of: hyperparameter) == .derived(from: name))
      }
      var clip = architecture
      clip.decoder = nil
      #expect(clip.defaultOrigin(of: .resolution) == .assumed(rule: "published for 256 and for 320"))
      #expect(clip.defaultOrigin(of: .textHeads) == .derived(from: clip.name))
      var other = architecture
      other.decoder?.hiddenWidth = 64
      #expect(other.defaultOrigin(of: .heads) == .assumed(rule: "as in SED-B and SED-L"))
      #expect(other.defaultOrigin(of: .textHeads).name == "derived")
      #expect(other.defaultOrigin(of: .normEpsilon).name == "derived")
    }
  }

  // MARK: - Proven

  private static let recorded = fixture("golden/recorded.golden.safetensors")

  private func verify(_ golden: String, _ change: (inout ConversionOptions) -> Void = { _ in }) throws
    -> VerificationReport
  {
    let converted = try Conversion(
      source: fixture("tiny/linear.h5"),
      options: options {
        $0.architecture.textHeads = 2
        $0.resolution = 64
        change(&$0)
      }
    ).run(output: folder.file("model.sedge"))
    return try Verification(model: converted.outputPath).compare(golden: golden)
  }

  @Test(
    "A recording of the original by record_golden.py passes, and confirms every number that it depends on")
  func recordingPasses() throws {
    let report = try verify(Self.recorded)
    #expect(report.passes, "\(report.failures)")
    #expect(report.runs.map(\.name) == ["full", "top2"])
    #expect(
      report.runs[0].taps.map(\.name) == ["text_features", "res5", "embedding", "cost_map", "aux0", "logits"])
    #expect(report.runs[1].output.keptClasses == [1, 1, 1])
    #expect(report.proven == Hyperparameter.all(of: .sedBase).map(\.rawValue))
    #expect(
      report.notRecorded == [
        "input", "res2", "res3", "res4", "cost_embedding", "decoder1", "aux1", "decoder2", "aux2", "decoder3",
      ])
  }

  @Test("Wrong text heads fail it, and the text features are named; nothing is proven")
  func wrongTextHeads() throws {
    let report = try verify(Self.recorded) { $0.architecture.textHeads = 4 }
    #expect(!report.passes)
    #expect(
      report.failures.first?.hasPrefix("full: text_features: largest difference over largest magnitude ")
        == true)
    #expect(report.proven == [])
  }

  @Test(
    "Wrong heads and wrong pooling fail it in the decoder, not in the texts", arguments: ["heads", "pooling"])
  func wrongDecoder(name: String) throws {
    let report = try verify(Self.recorded) {
      if name == "heads" { $0.architecture.heads = 2 } else { $0.architecture.pooling = 2 }
    }
    #expect(!report.passes)
    #expect(report.failures.first?.hasPrefix("full: logits: ") == true)
  }

  /// A golden with some of the recorded tensors.
  private func golden(_ isKept: (String) -> Bool) throws -> String {
    let path = folder.file("part.safetensors")
    try StoredTensor.write(StoredTensor.all(in: Self.recorded).filter { isKept($0.name) }, to: path)
    return path
  }

  @Test("A golden of the final results alone is judged by them")
  func finalResults() throws {
    let labels = try golden { ["image", "tokens", "full.labels"].contains($0) }
    let report = try verify(labels)
    #expect(report.passes, "\(report.failures)")
    #expect(report.runs.count == 1 && report.runs[0].output.equalLabels == 1)
    #expect(report.runs[0].output.largestScoreDifference == nil)
    #expect(report.notRecorded.prefix(2) == ["text_features", "input"])
    #expect(report.proven.contains("text-heads"))
    let scores = try golden { ["image", "tokens", "text_features", "full.scores"].contains($0) }
    #expect(try verify(scores).passes)
    #expect(try verify(scores).runs[0].output.equalLabels == nil)
    #expect(try !verify(scores) { $0.architecture.pooling = 2 }.passes)
    #expect(try !verify(scores) { $0.architecture.textHeads = 4 }.passes)
  }

  @Test("A golden without tokens takes its text features, and proves nothing of the text encoder")
  func withoutTokens() throws {
    let path = try golden { $0 != "tokens" }
    let report = try verify(path) { $0.architecture.textHeads = 4 }
    #expect(report.passes, "\(report.failures)")
    #expect(report.notRecorded.first == "tokens")
    #expect(!report.proven.contains("text-heads") && report.proven.contains("heads"))
  }

  @Test("A golden with nothing to compare is refused")
  func hollow() throws {
    let path = try golden { ["image", "tokens", "text_features"].contains($0) }
    #expect(throws: FormatError(.malformed("holds no recorded run"), path: path)) { try verify(path) }
    // Kept classes alone are nothing that has to be right.
    let kept = try golden { ["image", "tokens", "top2.alive0"].contains($0) }
    #expect(try !verify(kept).passes)
  }
}
