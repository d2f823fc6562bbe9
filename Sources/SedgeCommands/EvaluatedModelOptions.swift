// Options of commands that evaluate models: how they are loaded and how they compute.

import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
import SedgeEvaluation

/// What models that are evaluated are told.
struct EvaluatedModelOptions: ParsableArguments {
  @OptionGroup(title: "Computing") var compute: ComputeOptions

  @OptionGroup(title: "Computing") var textCache: TextCacheOptions

  @OptionGroup(title: "Checkpoints") var source: SourceOptions

  /// The files that are read besides models.
  var inputs: [String] { [source.templates, source.vocabulary].compactMap(\.self) }

  /// Loads a `.sedge` file or a checkpoint, and encodes the classes of a data set.
  ///
  /// - Parameter topK: The settings of early rejection.
  func load(
    _ path: String, for data: EvaluationData, topK: TopKSettings.Request, display: ProgressDisplay
  ) throws -> any EvaluatedModel {
    let count = data.classes.classes.count
    if case .given(let topKs) = topK, let k = topKs.compactMap(\.self).first(where: { $0 > count }) {
      throw OptionError("--top-k \(k): there are \(count) classes; use at most \(count), or all")
    }
    let resizing = ImageResizing(rawValue: data.resizing) ?? .sed
    try display.show(.running("the loading of \(path)"))
    guard SedgeFile.recognizes(try filePrefix(path: path)) else {
      return try EvaluatedCheckpoint(
        path: path, options: try source.conversionOptions(), classes: data.classes, resizing: resizing,
        topK: topK, compute: compute.computation
      ) { try display.show($0) }
    }
    if let length = try openSedgeFile(path: path).architecture.aggregation?.classLength, count > length {
      display.clear()
      printError("note: \(path): \(SegmentCommand.selectionText(classCount: count, length: length))")
    }
    return try EvaluatedFile(
      path: path, classes: data.classes, resizing: resizing, topK: topK, compute: compute.computation,
      textCachePath: textCache.path(besideModel: path)
    ) { try display.show($0) }
  }

  /// Evaluates pictures, with progress, a line for each that cannot be used, and an estimate after the first.
  func run(
    _ run: EvaluationRun, _ indices: [Int], into log: RowLog, isStrict: Bool, display: ProgressDisplay
  ) throws {
    let begin = ContinuousClock.now
    try run.run(indices, into: log, isStrict: isStrict) { progress in
      if let error = progress.error {
        display.clear()
        printError("sedge: \(error)")
      } else if progress.done == 1, progress.total > 1 {
        let seconds = (ContinuousClock.now - begin).seconds * Double(progress.total - 1)
        display.clear()
        printError("note: about \(durationText(seconds)) for \(countText(progress.total - 1)) more pictures")
      }
      try display.show(.evaluating(Double(progress.done) / Double(progress.total)))
    }
    display.clear()
  }
}
