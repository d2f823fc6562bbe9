// Models beside variants of themselves: what is the same, and what is not, must be found.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import TestSupport
import Testing

private let fc1 = "clip_model.visual.trunk.stages.0.blocks.0.mlp.fc1"
private let query = "transformer.decoder1.attention.attention.q.weight"

@Suite("Comparison")
struct ComparisonTests {
  private typealias Source = ExportTests.Source

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compare(_ first: String, _ second: String) throws -> ModelDifference {
    try ModelComparison(first, second).run()
  }

  /// A conversion of tiny/linear.
  private func model(
    form: WeightFormat = .f32, folding: Bool = true,
    options change: (inout ConversionOptions) -> Void = { _ in }
  ) throws -> String {
    let path = folder.file("\(try folder.contents().count).sedge")
    var options = Source(name: "tiny/linear", textHeads: 2, form: form, folding: folding).options
    change(&options)
    try SharedModel.link(fixture("tiny/linear.h5"), options, to: path)
    return path
  }

  /// A variant of tiny/linear.
  private func checkpoint(
    as type: ElementType = .float32, _ change: (inout [StoredTensor]) -> Void = { _ in }
  ) throws -> String {
    let path = folder.file("\(try folder.contents().count).safetensors")
    var tensors = try StoredTensor.all(in: original)
    change(&tensors)
    try StoredTensor.write(tensors.map { $0.rounded(to: type) }, to: path)
    return path
  }

  private let original = fixture("tiny/linear.h5")

  /// The names of the tensors that are neither equal nor equal but for rounding, by verdict.
  private func departures(_ difference: ModelDifference) -> [TensorDifference.Verdict: [String]] {
    Dictionary(
      grouping: difference.tensors.filter { $0.verdict != .equal && $0.verdict != .rounding }, by: \.verdict
    ).mapValues { $0.map(\.name) }
  }

  // MARK: The same

  @Test("A format and a prefix make no difference")
  func prefixes() throws {
    let other = try checkpoint { tensors in
      for i in tensors.indices { tensors[i].name.replace("sem_seg_head.predictor.", with: "model.") }
      tensors.reverse()
    }
    let difference = try compare(original, other)
    #expect(difference.tensors.allSatisfy { $0.verdict == .equal })
    #expect(difference.tensors.count == (try StoredTensor.all(in: original).count))
    #expect(
      difference.tensors.allSatisfy { !$0.name.hasPrefix("model.") && !$0.name.hasPrefix("sem_seg_head.") })
    #expect(difference.form == .stored)
    #expect(difference.first.formatName == "HDF5")
    #expect(difference.second.formatName == "safetensors")
    #expect(difference.passes(tolerance: nil))
    #expect(difference.passes(tolerance: 0))
  }

  @Test(
    "Rounding to 16 bits counts as rounding, subnormal numbers included, and is distinguished from float32",
    arguments: [ElementType.float16, .bfloat16])
  func halves(_ type: ElementType) throws {
    let small = { (tensors: inout [StoredTensor]) in
      tensors.edit("blocks.0.gamma") { tensor in
        for i in tensor.floats.indices { tensor.set(1e-6 * Float(i + 1), at: i) }
      }
    }
    let (exact, rounded) = (try checkpoint(small), try checkpoint(as: type, small))
    let folded = folder.file("folded.sedge")
    _ = try Conversion(source: exact, options: Source(name: "", textHeads: 2).options).run(output: folded)
    for (first, second) in [(exact, rounded), (rounded, exact), (folded, rounded), (rounded, folded)] {
      let difference = try compare(first, second)
      #expect(departures(difference) == [:])
      #expect(difference.tensors(.rounding).count > 50)
      #expect(difference.form == (first == folded || second == folded ? .folded : .stored))
      #expect(difference.passes(tolerance: nil))
      #expect(!difference.passes(tolerance: 0))
    }
  }

  private static let sources = [
    Source(name: "tiny/linear", textHeads: 2), Source(name: "tiny/mlp", textHeads: 3),
    Source(name: "tiny/wide", textHeads: 4), Source(name: "shapes/sed_shapes", textHeads: 4, resolution: 256),
  ]

  @Test("Every conversion of a model is equal to it, folded or not, in every format", arguments: sources)
  private func conversions(_ source: Source) throws {
    let original = fixture("\(source.name).h5")
    var paths: [String] = []
    for form in [WeightFormat.f32, .lossless, .f16, .int8] {
      for folding in [true, false] {
        var source = source
        (source.form, source.folding) = (form, folding)
        paths.append(folder.file("\(form) \(folding).sedge"))
        try source.convert(to: paths[paths.count - 1])
        let difference = try compare(original, paths[paths.count - 1])
        #expect(difference.form == (folding ? .folded : .stored))
        #expect(departures(difference) == [:], "\(source)")
        #expect(difference.tensors(.rounding).isEmpty == (form == .f32 || form == .lossless))
      }
    }
    for (index, first) in paths.enumerated() {
      // Of the large one each beside the next, of the others each beside each.
      let isLarge = source.name == "shapes/sed_shapes"
      for second in isLarge ? [paths[(index + 1) % paths.count]] : paths {
        let difference = try compare(first, second)
        #expect(departures(difference) == [:], "\(first), \(second)")
        #expect(difference.settings == [])
        #expect(difference.passes(tolerance: nil))
        #expect(difference.passes(tolerance: 0) == difference.tensors(.rounding).isEmpty)
      }
    }
    #expect(try compare(paths[0], paths[1]).tensors(.rounding).isEmpty)
  }

  @Test("An export is the model that it came from, folded or not", arguments: [WeightFormat.f32, .int8])
  func export(form: WeightFormat) throws {
    for folding in [true, false] {
      let (path, exported) = (
        try model(form: form, folding: folding), folder.file("\(folding).safetensors")
      )
      _ = try ModelExport(model: path).run(output: exported)
      let difference = try compare(path, exported)
      #expect(departures(difference) == [:])
      #expect(folding || difference.tensors(.rounding).isEmpty)
    }
  }

  @Test("Two files folded otherwise are compared with their folding undone")
  func unfolded() throws {
    let path = try model()
    let file = try SedgeFile(path: path)
    let norm = "clip_model.visual.trunk.stages.0.blocks.0.norm"
    // The same model with one norm left, of ones and zeros.
    let partly = folder.file("partly.sedge")
    let writer = try SedgeWriter(path: partly, storage: .raw)
    let norms = file.architecture.checkpointTensors.map(\.modelTensor).filter {
      $0.name.hasPrefix("\(norm).")
    }
    #expect(norms.map(\.name) == ["\(norm).weight", "\(norm).bias"])
    for tensor in file.modelTensors {
      if tensor.name == "\(fc1).weight" {
        for (norm, value) in zip(norms, [1, 0] as [Float]) {
          let values = [Float](repeating: value, count: norm.elementCount)
          _ = try writer.add(norm, values: Tensor(shape: norm.shape, values: values), requested: .f32)
        }
      }
      _ = try writer.add(tensor, values: try file.values(of: tensor), requested: .f32)
    }
    var header = file.header
    for i in header.folds.indices where header.folds[i].source == norm {
      header.folds[i].obstacle = "left alone"
      header.folds[i].certificate = nil
    }
    _ = try writer.finish(header)

    let difference = try compare(path, partly)
    #expect(difference.form == .original)
    #expect(difference.tensors.allSatisfy { $0.verdict == .equal })
    #expect(difference.tensors.count == file.architecture.checkpointTensors.count)
  }

  // MARK: Not the same

  @Test("One changed weight is found and measured, compared with a checkpoint and with any conversion")
  func changed() throws {
    let changed = try checkpoint { $0.edit("\(fc1).weight") { $0.set($0.floats[3] + 0.5, at: 3) } }
    let difference = try compare(original, changed)
    #expect(departures(difference) == [.different: ["\(fc1).weight"]])
    let deviation = try #require(difference.tensors(.different)[0].deviation)
    #expect(abs(deviation.largestAbsolute - 0.5) < 1e-6)
    #expect(!difference.passes(tolerance: nil))
    #expect(!difference.passes(tolerance: deviation.relativeRMS / 2))
    #expect(difference.passes(tolerance: deviation.relativeRMS))
    for form in [WeightFormat.f32, .f16, .int8] {
      #expect(
        departures(try compare(changed, model(form: form, folding: false)))
          == [.different: ["\(fc1).weight"]])
      // The norm before the layer is folded into its weight and its bias.
      let folded = try #require(departures(try compare(changed, model(form: form)))[.different])
      #expect(folded.first == "\(fc1).weight")
      #expect(Set(folded).isSubset(of: ["\(fc1).weight", "\(fc1).bias"]))
    }
    let half = try checkpoint(as: .float16)
    #expect(departures(try compare(half, changed)) == [.different: ["\(fc1).weight"]])
  }

  @Test("A weight off by a little more than float16 rounds is different")
  func justBeyondRounding() throws {
    let scaled = { (factor: Float) in
      try checkpoint { $0.edit("\(fc1).weight") { $0.floats = $0.floats.map { $0 * factor } } }
    }
    let half = try checkpoint(as: .float16)
    #expect(departures(try compare(half, scaled(1 + 0x1p-9))) == [.different: ["\(fc1).weight"]])
    #expect(departures(try compare(original, scaled(1 + 0x1p-20))) == [.different: ["\(fc1).weight"]])
  }

  @Test(
    "What is not finite equals no number, within any tolerance",
    arguments: [.infinity, -.infinity, .nan] as [Float])
  func notFinite(value: Float) throws {
    let changed = try checkpoint { $0.edit("\(fc1).weight") { $0.set(value, at: 3) } }
    #expect(try compare(changed, changed).passes(tolerance: nil))
    for paths in [(original, changed), (changed, original)] {
      let difference = try compare(paths.0, paths.1)
      #expect(departures(difference) == [.different: ["\(fc1).weight"]])
      #expect(!difference.passes(tolerance: nil))
      #expect(!difference.passes(tolerance: 1e300))
      #expect(!difference.passes(tolerance: .infinity))
    }
  }

  @Test(
    "Exchanged dimensions are distinguished from other values",
    arguments: [
      ("\(fc1).weight", [1, 0]), (query, [1, 0]),
      ("transformer.decoder1.conv.double_conv.0.weight", [1, 0, 2, 3]),
    ])
  func transposed(name: String, order: [Int]) throws {
    let other = try checkpoint { $0.edit(name) { $0.tensor = $0.tensor.permuted(order) } }
    let difference = try compare(original, other)
    #expect(departures(difference) == [.transposed: [name]])
    #expect(!difference.passes(tolerance: nil))
    #expect(!difference.passes(tolerance: .infinity))
  }

  @Test("A transposed square matrix is found in a comparison with a .sedge file as well")
  func transposedSquare() throws {
    let other = try checkpoint { checkpoint in
      checkpoint.edit("resblocks.0.attn.out_proj.weight") { $0.tensor = $0.tensor.permuted([1, 0]) }
    }
    for form in [WeightFormat.f32, .int8] {
      #expect(
        departures(try compare(other, model(form: form)))
          == [.transposed: ["clip_model.transformer.resblocks.0.attn.out_proj.weight"]])
    }
  }

  @Test("Tensors that one side lacks are named; tensors of no model do not count")
  func onlyOnOneSide() throws {
    let stranger = StoredTensor(name: "optimizer.step", shape: [1], values: [3])
    let other = try checkpoint { tensors in
      tensors.removeAll { $0.name.hasSuffix("transformer.head1.bias") }
      tensors.append(stranger)
    }
    let difference = try compare(original, other)
    #expect(
      departures(difference) == [.onlyInFirst: ["transformer.head1.bias"], .beside: ["optimizer.step"]])
    #expect(
      departures(try compare(other, original))
        == [.onlyInSecond: ["transformer.head1.bias"], .beside: ["optimizer.step"]])
    #expect(!difference.passes(tolerance: .infinity))

    let more = try checkpoint { $0.append(stranger) }
    for first in [original, try model(), try model(folding: false)] {
      let difference = try compare(first, more)
      #expect(departures(difference) == [.beside: ["optimizer.step"]])
      #expect(difference.tensors(.beside)[0].firstType == nil)
      #expect(difference.tensors(.beside)[0].secondType == "float32")
      #expect(difference.passes(tolerance: 0))
    }
  }

  @Test("Another shape of the same tensor is that")
  func otherShape() throws {
    let other = try checkpoint { $0.edit("\(fc1).bias") { $0.shape = [2, $0.floats.count / 2] } }
    let difference = try compare(original, other)
    #expect(departures(difference) == [.otherShape: ["\(fc1).bias"]])
    #expect(difference.tensors(.otherShape)[0].deviation == nil)
    #expect(!difference.passes(tolerance: .infinity))
  }

  @Test("Settings of two .sedge files are compared too")
  func settings() throws {
    let (a, b) = (
      try model(),
      try model {
        $0.resolution = 96; $0.topK = nil
      }
    )
    let difference = try compare(a, b)
    #expect(difference.tensors.allSatisfy { $0.verdict == .equal })
    #expect(difference.settings.map(\.name) == ["resolution", "top-k"])
    #expect(difference.settings.map(\.first) == ["64", "8"])
    #expect(difference.settings.map(\.second) == ["96", "all"])
    #expect(!difference.passes(tolerance: nil))
  }
}
