// Benchmarks of the library: their figures belong together, whatever the clock says.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("Benchmark")
struct BenchmarkTests {
  private static func model() throws -> SegmentationModel {
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 2)
    options.resolution = 64
    options.allowsNoClassNames = true
    let file = try SedgeFile(path: SharedModel.path(fixture("tiny/linear.h5"), options))
    return try SegmentationModel(weights: file, preprocessing: file.header.preprocessing)
  }

  /// Random unit vectors: classes x prompts x embedding.
  private static func textFeatures(_ model: SegmentationModel, classes: Int) throws -> Tensor {
    let decoder = try #require(model.architecture.decoder)
    let width = model.architecture.image.embeddingWidth
    var generator = SeededGenerator(state: 1)
    let rows = (0..<classes * decoder.promptCount).flatMap { _ in
      let row = (0..<width).map { _ in Float.random(in: -1...1, using: &generator) }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / norm }
    }
    return Tensor(shape: [classes, decoder.promptCount, width], values: rows)
  }

  private static func pixels(height: Int, width: Int) -> [UInt8] {
    (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
  }

  @Test("One run more than is timed, each reported before it", arguments: [0, 1, 4])
  func runs(repeats: Int) throws {
    let model = try Self.model()
    var runs: [Int] = []
    let benchmark = try Benchmark(
      model, pixels: Self.pixels(height: 48, width: 40), height: 48, width: 40,
      textFeatures: Self.textFeatures(model, classes: 3), topK: nil, repeats: repeats
    ) { runs.append($0) }
    let timed = max(repeats, 1)
    #expect(runs == Array(0...timed))
    #expect(benchmark.seconds.count == timed)
    #expect(benchmark.processorSeconds.count == timed)
  }

  @Test("The total is the median run's, and the sum of its stages")
  func median() throws {
    let model = try Self.model()
    let benchmark = try Benchmark(
      model, pixels: Self.pixels(height: 64, width: 64), height: 64, width: 64,
      textFeatures: Self.textFeatures(model, classes: 4), topK: nil, repeats: 5)
    let stages = benchmark.stages.reduce(0) { $0 + $1.seconds }
    #expect(benchmark.totalSeconds == stages)
    #expect(benchmark.totalSeconds == benchmark.seconds.sorted()[2])
    #expect(benchmark.stages.allSatisfy { $0.seconds >= 0 && $0.processorSeconds >= 0 })
    #expect(Set(benchmark.stages.map(\.name)).count == benchmark.stages.count)
  }

  @Test("Operations are those of the architecture, fewer where classes are rejected")
  func operations() throws {
    let model = try Self.model()
    let features = try Self.textFeatures(model, classes: 4)
    let benchmark = { (topK: Int?) in
      try Benchmark(
        model, pixels: Self.pixels(height: 64, width: 64), height: 64, width: 64, textFeatures: features,
        topK: topK, repeats: 1)
    }
    let (all, one) = (try benchmark(nil), try benchmark(1))
    #expect(all.classCounts == [4, 4, 4, 4])
    #expect(one.classCounts.count == 4 && one.classCounts[0] == 4)
    #expect(zip(one.classCounts, one.classCounts.dropFirst()).allSatisfy { $0 >= $1 })
    let defined = { (benchmark: Benchmark) in benchmark.stages.reduce(0) { $0 + $1.definedOperations } }
    let done = { (benchmark: Benchmark) in benchmark.stages.reduce(0) { $0 + $1.doneOperations } }
    let names = Set(all.stages.map(\.name))
    let expected = model.operationCounts(classes: all.classCounts)
      .filter { names.contains($0.stage) }
    #expect(defined(all) == expected.reduce(0) { $0 + 2 * Double($1.defined) })
    #expect(done(all) == expected.reduce(0) { $0 + 2 * Double($1.done) })
    #expect(done(all) <= defined(all) && done(all) > 0)
    if one.classCounts[3] < 4 { #expect(done(one) < done(all)) }
  }
}
