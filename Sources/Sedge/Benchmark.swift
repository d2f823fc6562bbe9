// How fast a model runs here, and where its time goes.

import SedgeArchitecture
package import SedgeRunner
package import SedgeTensor

/// Runs of one model on one picture, timed.
package struct Benchmark: Sendable {
  /// One stage of the forward pass.
  package struct Stage: Sendable {
    /// Its name.
    package var name: String
    /// Seconds of the median run.
    package var seconds: Double
    /// Seconds that all threads together worked in the median run.
    package var processorSeconds: Double
    /// Floating-point operations of the stage as the model defines it; 0 for stages without products.
    package var definedOperations: Double
    /// Floating-point operations that were done.
    package var doneOperations: Double
  }

  /// Seconds of each run, from the picture's pixels to labels.
  package var seconds: [Double]
  /// Seconds that all threads together worked in each run: on a busy machine less changed than ``seconds``.
  package var processorSeconds: [Double]
  /// The stages of the median run.
  package var stages: [Stage]
  /// Classes at first and at each layer of the decoder.
  package var classCounts: [Int]

  /// Seconds of the median run.
  package var totalSeconds: Double { stages.reduce(0) { $0 + $1.seconds } }

  /// Runs a model.
  ///
  /// - Parameters:
  ///   - textFeatures: T x P x D.
  ///   - repeats: Timed runs; one more comes before them that is not timed.
  ///   - progress: Called before each run.
  package init(
    _ model: SegmentationModel, pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?,
    repeats: Int,
    progress: (_ run: Int) throws -> Void = { _ in }
  ) rethrows {
    var runs: [StageTimes] = []
    for run in 0...max(repeats, 1) {
      try progress(run)
      let times = StageTimes()
      _ = model.segment(
        pixels: pixels, height: height, width: width, textFeatures: textFeatures, topK: topK, times: times)
      if run > 0 { runs.append(times) }
    }
    let total = { (times: StageTimes) in times.stages.reduce(0) { $0 + $1.seconds } }
    seconds = runs.map(total)
    processorSeconds = runs.map { $0.stages.reduce(0) { $0 + $1.processorSeconds } }
    let median = runs.sorted { total($0) < total($1) }[runs.count / 2]
    let counts = [textFeatures.shape[0]] + median.classCounts
    classCounts = counts
    let operations = model.operationCounts(
      classes: counts, windows: model.preprocessing.resizing.hasWindows ? 5 : 1)
    stages = median.stages.map { name, seconds, processorSeconds in
      let stage = operations.first { $0.stage == name }
      return Stage(
        name: name, seconds: seconds, processorSeconds: processorSeconds,
        definedOperations: 2 * Double(stage?.defined ?? 0),
        doneOperations: 2 * Double(stage?.done ?? 0))
    }
  }

  /// Runs a loaded model; other uses of it wait meanwhile.
  ///
  /// - Throws: What `progress` throws.
  package init(
    _ model: SedgeModel, pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?,
    repeats: Int, progress: (_ run: Int) throws -> Void = { _ in }
  ) throws {
    let classCount = textFeatures.shape[0]
    try MemoryDemand.ask(
      MemoryDemand.ofSegmentation(
        model.file.architecture, resolution: model.resolution, pixelCount: width * height,
        classCount: classCount,
        taps: nil), for: "the segmentation of \(width) x \(height) pixels by \(classCount) classes")
    self = try model.withSegmentation { model in
      try Benchmark(
        model, pixels: pixels, height: height, width: width, textFeatures: textFeatures, topK: topK,
        repeats: repeats, progress: progress)
    }
  }
}
