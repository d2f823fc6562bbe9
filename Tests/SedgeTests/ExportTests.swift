// Exported files, read back and run beside the model that they came from.

import SedgeTensor
import SedgeCheckpoint
import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeRunner
import SedgeVerification
import TestSupport
import Testing

@Suite("Export")
struct ExportTests {
  /// A model to export.
  struct Source: Sendable, CustomTestStringConvertible {
    var name: String
    var textHeads: Int
    var resolution = 64
    var form = WeightFormat.f32
    var folding = true
    var testDescription: String { "\(name), \(form.rawValue), \(folding ? "folded" : "not folded")" }

    var options: ConversionOptions {
      var options = ConversionOptions()
      options.architecture = ArchitectureOptions(textHeads: textHeads)
      options.resolution = resolution
      options.quantization = form
      options.folding = folding
      options.allowsNoClassNames = true
      return options
    }

    func convert(to path: String) throws {
      try SharedModel.link(fixture("\(name).h5"), options, to: path)
    }
  }

  static let sources = [
    Source(name: "tiny/linear", textHeads: 2), Source(name: "tiny/mlp", textHeads: 3),
    Source(name: "tiny/wide", textHeads: 4), Source(name: "shapes/sed_shapes", textHeads: 4, resolution: 256),
  ].flatMap { source in
    [WeightFormat.f32, .lossless, .f16, .int8].flatMap { (form: WeightFormat) -> [Source] in
      [true, false].map { (folding: Bool) -> Source in
        var source = source
        (source.form, source.folding) = (form, folding)
        return source
      }
    }
  }

  @Test("The original graph computes the model's results from an export", arguments: sources)
  func sameFunction(_ source: Source) throws {
    let folder = try TemporaryFolder()
    let (path, exported) = (folder.file("model.sedge"), folder.file("model.safetensors"))
    try source.convert(to: path)
    let summary = try ModelExport(model: path).run(output: exported)
    let model = try SedgeModel(path: path)
    #expect(summary.architecture == model.file.architecture)
    #expect(summary.outputByteCount == (try InputFile(path: exported).byteCount))
    let checkpoint = try Checkpoint(openArchive(path: exported), options: source.options.architecture)
    try checkpoint.checkValues()
    #expect(checkpoint.tensors.map { checkpoint.naming.fileName($0.name) } == summary.tensors.map(\.name))
    let original = try FoldedModel(
      checkpoint, preprocessing: model.file.header.preprocessing, folding: false)
    let comparison = try model.withNetwork { network in
      guard case .segmentation(let segmenter) = network else { throw UsageError(.cannotSegment) }
      return try run(SedgeFileAndModel(file: model.file, model: segmenter), beside: original)
    }
    for tap in comparison.taps {
      let deviation = try #require(tap.deviation)
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(tap.name)")
    }
    #expect(comparison.output.largestScoreDifference ?? 1 <= 1e-5)
  }

  private struct SedgeFileAndModel {
    var file: SedgeFile
    var model: SegmentationModel
  }

  /// Runs both on a picture, each with its own text encoder.
  private func run(_ reference: SedgeFileAndModel, beside other: FoldedModel) throws -> RunComparison {
    let pixels = (0..<40 * 50 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let prompts = other.architecture.decoder?.promptCount ?? 0
    let tokens = (0..<3).map { (index: Int) -> [[[Int32]]] in
      (0..<prompts).map { (prompt: Int) -> [[Int32]] in
        [[298] + (0...prompt).map { Int32(7 + 37 * index + 5 * $0) } + [299]]
      }
    }
    let record = { (model: SegmentationModel, weights: any WeightSource) in
      model.record(
        pixels: pixels, height: 40, width: 50, textFeatures: try TextEncoder(weights).features(of: tokens),
        topK: nil)
    }
    let otherModel = try SegmentationModel(weights: other, preprocessing: reference.file.header.preprocessing)
    return try record(reference.model, reference.file)
      .comparison(with: record(otherModel, other), name: "", margin: 0)
  }

  @Test("Without folding float32 comes back bit for bit, and coded tensors as they are decoded")
  func values() throws {
    let folder = try TemporaryFolder()
    var source = Source(name: "shapes/sed_shapes", textHeads: 4, resolution: 256, folding: false)
    for form in [WeightFormat.f32, .lossless, .int8] {
      source.form = form
      let (path, exported) = (folder.file("\(form).sedge"), folder.file("\(form).safetensors"))
      try source.convert(to: path)
      let summary = try ModelExport(model: path).run(output: exported)
      let origins = Set(summary.tensors.map(\.origin))
      #expect(origins.subtracting([.exact]) == (form == .int8 ? [.dequantized] : []))
      let original = try Checkpoint(
        openArchive(path: fixture("shapes/sed_shapes.h5")), options: source.options.architecture)
      let back = try Checkpoint(openArchive(path: exported), options: source.options.architecture)
      #expect(back.naming == original.naming)
      for (tensor, entry) in zip(original.tensors, summary.tensors) {
        let (before, after) = try (original.values(tensor.name), back.values(tensor.name))
        #expect(after.shape == before.shape)
        let isEqual = before.values.map(\.bitPattern) == after.values.map(\.bitPattern)
        // Embeddings that training never touched are zeros in any code.
        #expect(isEqual || entry.origin == .dequantized, "\(tensor.name)")
        #expect(
          Deviation(reference: before.values, actual: after.values).relativeRMS <= 0.02, "\(tensor.name)")
      }
    }
  }

  @Test("OpenCLIP's names are those of CLIP alone")
  func openclip() throws {
    let folder = try TemporaryFolder()
    let (path, exported) = (folder.file("model.sedge"), folder.file("model.safetensors"))
    try Source(name: "tiny/linear", textHeads: 2).convert(to: path)
    let summary = try ModelExport(model: path).run(output: exported, names: .openclip)
    let names = Set(try openArchive(path: exported).tensors.map(\.name))
    #expect(names == Set(summary.tensors.map(\.name)))
    let original = try openArchive(path: fixture("tiny/linear.h5")).tensors.map(\.name)
    let start = "sem_seg_head.predictor.clip_model."
    #expect(names == Set(original.filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }))
    #expect(
      names.isSuperset(of: [
        "visual.trunk.stem.0.weight", "visual.head.proj.weight", "token_embedding.weight", "ln_final.bias",
        "transformer.resblocks.1.attn.in_proj_weight", "text_projection", "logit_scale",
        "positional_embedding",
      ]))
  }

  @Test("The same model gives the same bytes")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    try Source(name: "tiny/linear", textHeads: 2, form: .int8).convert(to: path)
    var digests: [[UInt8]] = []
    for name in ["a", "b"] {
      _ = try ModelExport(model: path).run(output: folder.file(name))
      let file = try InputFile(path: folder.file(name))
      digests.append(try file.bytes(at: 0, count: file.byteCount))
    }
    #expect(digests[0] == digests[1])
  }

  @Test(
    "A bias that the norm cannot take over is refused, and named; where it is allowed, its residual is told")
  func inexact() throws {
    let folder = try TemporaryFolder()
    let (path, exported) = (folder.file("model.sedge"), folder.file("model.safetensors"))
    try Source(name: "tiny/linear", textHeads: 2).convert(to: folder.file("sound.sedge"))
    let sound = try SedgeFile(path: folder.file("sound.sedge"))
    let writer = try SedgeWriter(path: path, storage: .raw)
    for tensor in sound.modelTensors {
      var values = try sound.values(of: tensor)
      // 24 outputs of 16 inputs cannot be any 24 numbers.
      if tensor.name == "clip_model.text_projection.bias" {
        for i in values.values.indices { values.values[i] = Float(i % 5) - 2 }
      }
      try writer.add(tensor, values: values, requested: .f32)
    }
    try writer.finish(sound.header)
    let error = try #require(throws: UsageError.self) { try ModelExport(model: path).run(output: exported) }
    guard case .inexactExport(let layers, let limit) = error.kind else {
      Issue.record("\(error)")
      return
    }
    #expect(error.path == path)
    #expect(limit == 1e-5)
    #expect(layers.count == 1 && layers[0].hasPrefix("clip_model.text_projection "))
    #expect(try folder.contents() == ["model.sedge", "sound.sedge"])
    let summary = try ModelExport(model: path).run(output: exported, allowsInexact: true)
    let solved = summary.tensors.filter { $0.origin == .solved }
    #expect(solved.map(\.layer) == ["clip_model.visual.head.proj", "clip_model.text_projection"])
    let residual = try #require(solved[1].residual)
    #expect(residual > limit)
    #expect(layers[0].contains(figure(residual)))
    #expect(solved[0].residual ?? 1 < 1e-6)
  }
}
