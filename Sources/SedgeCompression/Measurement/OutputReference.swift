// The output of a source, which quantized models are compared with.

package import SedgeArchitecture
package import SedgeEvaluation
import SedgeFolding
import SedgeImages
import SedgeOperators
package import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer
package import SedgeVerification

/// The output of a checkpoint, unfolded and in float32, on pictures with given classes.
///
/// The source runs once on each picture. Its output is kept: 2 bytes a pixel, and 4 bytes for each class and pixel of a quarter of the
/// model's resolution. Outputs beyond the memory limit are kept on the disk, in a file that ends with the process; only what has no
/// room there is computed again for every measurement.
package final class OutputReference {
  /// The classes.
  package let classes: ClassList
  /// Their text features by the source's own encoder: classes x prompts x embedding.
  package let textFeatures: Tensor
  /// The source itself: no error, and its figures by the ground truth.
  package let sourceMeasurement: OutputMeasurement
  /// Doubtful properties of the ground truth, in sentences.
  package let notes: [String]
  /// The pictures that could not be used, and why.
  package let failures: [EvaluationResult.Failure]

  /// The result of the source: no error, and its quality by the ground truth.
  package var source: OutputError { sourceMeasurement.error }
  /// The dimensions of the source.
  package var architecture: Architecture { origin.checkpoint.architecture }

  package let origin: SourceModel
  private let pictures: [TestPicture]
  package let compute: Compute
  private let model: any RecordableModel
  private let store: OutputStore

  /// The default limit of memory for outputs: 1 GiB.
  package static let defaultMemoryLimit = 1 << 30
  /// The largest number of classes.
  package static let largestClassCount = 1 << 16

  /// Runs a source on images.
  ///
  /// - Parameters:
  ///   - source: The model, with its preprocessing and text inputs.
  ///   - pictures: At least one. Pictures with ground truth count for its figures, without pixels of no class:
  ///     ``GroundTruth``.
  ///   - compute: The arithmetic of measured models; the source computes in float32, or by the reference operators
  ///     where these are requested.
  ///   - isStrict: Whether a picture that cannot be used is an error; otherwise it is one of ``failures``.
  ///   - memoryLimit: The limit of bytes in memory for outputs.
  ///   - diskLimit: The limit of bytes on the disk for outputs; `nil` for half of what is free.
  /// - Throws: ``UsageError`` where the source cannot encode class names or the truth has other classes, `FormatError`
  ///   where a file cannot be read, the first error of a picture where none can be used.
  package init(
    _ source: SourceModel, pictures: [TestPicture], classes: ClassList, compute: Compute = Compute(),
    isStrict: Bool = true, memoryLimit: Int = defaultMemoryLimit, diskLimit: Int? = nil,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws {
    precondition(!pictures.isEmpty)
    guard classes.classes.count <= Self.largestClassCount else {
      throw UsageError(.tooManyClasses(classes.classes.count, limit: Self.largestClassCount))
    }
    origin = source
    self.classes = classes
    self.compute = compute
    store = OutputStore(memoryLimit: memoryLimit, diskLimit: diskLimit)
    var usable = UsablePictures(pictures, isStrict: isStrict)
    try usable.readTruths()
    notes = try GroundTruth(classes: classes).check(usable.pictures)
    let original = try FoldedModel(
      source.checkpoint, preprocessing: source.preprocessing, folding: false)
    textFeatures = try source.textFeatures(of: classes, by: original, compute: compute.exact) {
      try progress(.encodingText(Double($0) / Double($1)))
    }
    model = try source.model(original, compute: compute.exact)
    var measuring = Measuring(classCount: classes.classes.count)
    let classifies = model.architecture.segmenter == nil
    try usable.run { [model, textFeatures, store] index, count, picture in
      try progress(.running("source, picture \(index + 1) of \(count)"))
      if picture.truth != nil, classifies { throw UsageError(.labelsForClassifier, path: picture.name) }
      let (output, seconds) = try Self.output(of: model, on: picture, textFeatures: textFeatures)
      measuring.add(output, against: output, truth: picture.truth, seconds: seconds)
      store.append(output)
    }
    (self.pictures, failures) = (usable.pictures, usable.failures)
    sourceMeasurement = measuring.result
  }

  /// Measures a model by its weights; see `measurement(of:textFeatures:progress:)`.
  package func error(
    of weights: any WeightSource, textFeatures: Tensor? = nil,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputError {
    try measurement(of: weights, textFeatures: textFeatures, progress: progress).error
  }

  /// Measures a loaded model.
  package func error(
    of candidate: any RecordableModel, textFeatures: Tensor,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputError {
    try measurement(of: candidate, textFeatures: textFeatures, progress: progress).error
  }

  /// Measures a model by its weights.
  ///
  /// - Parameters:
  ///   - weights: Of the source's architecture; folded or not.
  ///   - textFeatures: Of ``classes``; by default by the weights' own text encoder.
  /// - Throws: Any error of reading the weights.
  package func measurement(
    of weights: any WeightSource, textFeatures: Tensor? = nil,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputMeasurement {
    precondition(weights.architecture == origin.checkpoint.architecture)
    let features =
      try textFeatures
      ?? origin.textFeatures(of: classes, by: weights, compute: compute) {
        try progress(.encodingText(Double($0) / Double($1)))
      }
    return try measurement(
      of: origin.model(weights, compute: compute), textFeatures: features, progress: progress)
  }

  /// Measures a loaded model; the next picture is read meanwhile.
  ///
  /// - Throws: `FormatError` where a picture cannot be read any more, ``UsageError`` where scores are not finite.
  package func measurement(
    of candidate: any RecordableModel, textFeatures: Tensor,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputMeasurement {
    try measurement(of: candidate, textFeatures: textFeatures, progress: progress) { _, _ in }
  }

  /// Measures a loaded model and passes on both outputs of every picture.
  func measurement(
    of candidate: any RecordableModel, textFeatures: Tensor, progress: (WorkProgress) throws -> Void,
    body: (_ expected: StoredOutput, _ actual: StoredOutput) -> Void
  ) throws -> OutputMeasurement {
    var measuring = Measuring(classCount: classes.classes.count)
    var usable = UsablePictures(pictures, isStrict: true)
    try usable.run { index, count, picture in
      try progress(.running("picture \(index + 1) of \(count)"))
      let expected =
        try store.output(index)
        ?? Self.output(of: model, on: picture, textFeatures: self.textFeatures).output
      let (actual, seconds) = try Self.output(of: candidate, on: picture, textFeatures: textFeatures)
      guard expected.labels.count == actual.labels.count else {
        throw UsageError(.imageChanged, path: picture.name)
      }
      measuring.add(actual, against: expected, truth: picture.truth, seconds: seconds)
      body(expected, actual)
    }
    return measuring.result
  }

  private static func output(
    of model: any RecordableModel, on picture: UsablePictures.Loaded, textFeatures: Tensor
  ) throws -> (output: StoredOutput, seconds: Double) {
    let (image, begin) = (picture.image, ContinuousClock.now)
    let output = model.output(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures)
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    guard output.scores.values.allSatisfy({ !$0.isNaN }) else {
      throw UsageError(.notFinite(result: "scores of an image"), path: picture.name)
    }
    return (
      StoredOutput(labels: output.labels.map { UInt16($0) }, scores: output.scores.values), seconds
    )
  }
}

/// A measurement that grows by pictures.
private struct Measuring {
  private let classCount: Int
  private var sums: OutputErrorSums
  private var pictures: [OutputMeasurement.Picture] = []

  init(classCount: Int) {
    self.classCount = classCount
    sums = OutputErrorSums(classCount: classCount)
  }

  mutating func add(
    _ output: StoredOutput, against expected: StoredOutput, truth: LabelMap?, seconds: Double
  ) {
    let (labels, others) = (output.labels.map { Int32($0) }, expected.labels.map { Int32($0) })
    let none = Int32(classCount)
    let truths =
      truth?.labels.map { (0..<classCount).contains($0) ? Int32($0) : none }
      ?? [Int32](repeating: none, count: labels.count)
    let counts = truth.map { _ in
      PictureCounts(
        confusion: SparseConfusion(predictions: labels, truth: truths, classCount: classCount), boundaries: []
      )
    }
    let picture = OutputMeasurement.Picture(
      change: LabelChange(labels: labels, reference: others, truth: truths), counts: counts, seconds: seconds)
    sums.add(picture, scores: output.scores, expectedScores: expected.scores)
    pictures.append(picture)
  }

  var result: OutputMeasurement { OutputMeasurement(error: sums.error, pictures: pictures) }
}
