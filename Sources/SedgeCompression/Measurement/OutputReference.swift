// The output of a source, which quantized models are compared with.

package import SedgeEvaluation
package import SedgeArchitecture
import SedgeFolding
import SedgeOperators
package import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer
import SedgeImages
package import SedgeVerification

/// The output of a checkpoint, unfolded and in float32, on pictures with given classes.
///
/// The source runs once on each picture. Its output is kept: 2 bytes a pixel, and 4 bytes for each class and pixel of a
/// quarter of the model's resolution. Outputs beyond the memory limit are computed again for every measurement.
package final class OutputReference {
  /// The classes.
  package let classes: ClassList
  /// Their text features by the source's own encoder: classes x prompts x embedding.
  package let textFeatures: Tensor
  /// The result of the source: no error, and its quality by the ground truth.
  package private(set) var source: OutputError

  /// Doubtful properties of the ground truth, in sentences.
  package let notes: [String]

  /// The dimensions of the source.
  package var architecture: Architecture { origin.checkpoint.architecture }

  package let origin: SourceModel
  private let pictures: [TestPicture]
  package let compute: Compute
  private let model: any RecordableModel
  private var kept: [Output] = []

  /// The output on one picture.
  private struct Output {
    var labels: [UInt16]
    var scores: [Float]
    var byteCount: Int { 2 * labels.count + 4 * scores.count }
  }

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
  ///   - memoryLimit: The limit of bytes for outputs.
  /// - Throws: ``UsageError`` where the source cannot encode class names or the truth has other classes, `FormatError`
  ///   where a file cannot be read.
  package init(
    _ source: SourceModel, pictures: [TestPicture], classes: ClassList, compute: Compute = Compute(),
    memoryLimit: Int = defaultMemoryLimit, progress: (WorkProgress) throws -> Void = { _ in }
  ) throws {
    precondition(!pictures.isEmpty)
    guard classes.classes.count <= Self.largestClassCount else {
      throw UsageError(.tooManyClasses(classes.classes.count, limit: Self.largestClassCount))
    }
    origin = source
    self.pictures = pictures
    self.classes = classes
    self.compute = compute
    notes = try GroundTruth(classes: classes).check(pictures)
    let original = try FoldedModel(
      source.checkpoint, preprocessing: source.preprocessing, folding: false)
    textFeatures = try source.textFeatures(of: classes, by: original, compute: compute.exact) {
      try progress(.encodingText(Double($0) / Double($1)))
    }
    model = try source.model(original, compute: compute.exact)
    var sums = OutputErrorSums(classCount: classes.classes.count)
    var byteCount = 0
    for (index, picture) in pictures.enumerated() {
      try progress(.running("source, picture \(index + 1) of \(pictures.count)"))
      let (image, truth) = try picture.contents()
      if truth != nil, model.architecture.decoder == nil {
        throw UsageError(.labelsForClassifier, path: picture.name)
      }
      let output = try Self.output(of: model, on: image, textFeatures: textFeatures)
      sums.add(
        labels: output.labels, expectedLabels: output.labels, scores: output.scores,
        expectedScores: output.scores, truth: truth?.labels)
      byteCount += output.byteCount
      if kept.count == index, byteCount <= memoryLimit { kept.append(output) }
    }
    self.source = sums.error
  }

  /// Measures a model by its weights.
  ///
  /// - Parameters:
  ///   - weights: Of the source's architecture; folded or not.
  ///   - textFeatures: Of ``classes``; by default by the weights' own text encoder.
  /// - Throws: Any error of reading the weights.
  package func error(
    of weights: any WeightSource, textFeatures: Tensor? = nil,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputError {
    precondition(weights.architecture == origin.checkpoint.architecture)
    let features =
      try textFeatures
      ?? origin.textFeatures(of: classes, by: weights, compute: compute) {
        try progress(.encodingText(Double($0) / Double($1)))
      }
    return try error(
      of: origin.model(weights, compute: compute), textFeatures: features, progress: progress)
  }

  /// Measures a loaded model.
  package func error(
    of candidate: any RecordableModel, textFeatures: Tensor,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> OutputError {
    var sums = OutputErrorSums(classCount: classes.classes.count)
    for (index, picture) in pictures.enumerated() {
      try progress(.running("picture \(index + 1) of \(pictures.count)"))
      let (image, truth) = try picture.contents()
      let expected =
        index < kept.count
        ? kept[index] : try Self.output(of: model, on: image, textFeatures: self.textFeatures)
      let actual = try Self.output(of: candidate, on: image, textFeatures: textFeatures)
      guard expected.labels.count == actual.labels.count else {
        throw UsageError(.imageChanged, path: picture.name)
      }
      sums.add(
        labels: actual.labels, expectedLabels: expected.labels, scores: actual.scores,
        expectedScores: expected.scores, truth: truth?.labels)
    }
    return sums.error
  }

  private static func output(
    of model: any RecordableModel, on image: RGBImage, textFeatures: Tensor
  ) throws -> Output {
    let output = model.output(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures)
    guard output.scores.values.allSatisfy({ !$0.isNaN }) else {
      throw UsageError(.notFinite(result: "scores of an image"))
    }
    return Output(labels: output.labels.map { UInt16($0) }, scores: output.scores.values)
  }
}
