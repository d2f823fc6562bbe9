// A checkpoint in an evaluation.

package import SedgeArchitecture
import SedgeCheckpoint
import SedgeCompression
package import SedgeEvaluation
import SedgeFolding
package import SedgeImages
package import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer

/// A checkpoint, unfolded and in float32.
package final class EvaluatedCheckpoint: EvaluatedModel {
  package let facts: EvaluatedModelFacts
  package let topKSettings: TopKSettings
  private let path: String
  private let model: SegmentationModel
  private let features: Tensor

  /// Opens a checkpoint as `Conversion` does, and encodes class names by its own text encoder.
  ///
  /// - Parameters:
  ///   - options: Hyperparameters, prompts and vocabulary; what they say of weights is ignored.
  ///   - resizing: How pictures are brought to the model's resolution.
  ///   - topK: The settings of early rejection; the model's own default is that of a conversion.
  /// - Throws: As ``Conversion/init(source:options:)``; `UsageError` where early rejection is requested
  ///   of a model without heads.
  package init(
    path: String, options: ConversionOptions, classes: ClassList, resizing: ImageResizing,
    topK: TopKSettings.Request, compute: Compute, progress: @escaping ProgressHandler
  ) throws {
    var source = try Conversion(source: path, options: options).source
    let architecture = source.checkpoint.architecture
    source.preprocessing.resizing = try evaluated(resizing, of: architecture, path: path)
    self.path = path
    topKSettings = try TopKSettings(
      topK, default: source.preprocessing.topK, classCount: classes.classes.count,
      hasHeads: architecture.hasRejectionHeads, path: path)
    let tensors = source.checkpoint.tensors.map(\.modelTensor)
    try MemoryDemand.ask(
      MemoryDemand.ofWeights(tensors)
        + MemoryDemand.ofText(tensors, architecture, classCount: classes.classes.count),
      for: "the model \(path)")
    try source.checkpoint.checkValues { try progress(.checking(Double($0) / Double(max($1, 1)))) }
    let weights = try FoldedModel(source.checkpoint, preprocessing: source.preprocessing, folding: false)
    features = try source.textFeatures(of: classes, by: weights, compute: compute.exact) {
      try progress(.encodingText(Double($0) / Double($1)))
    }
    model = try SegmentationModel(
      weights: weights, preprocessing: source.preprocessing, compute: compute)
    facts = EvaluatedModelFacts(
      name: fileName(path), architecture: architecture.name,
      sha256: try fingerprint(of: source.checkpoint.archive.files),
      compute: compute.arithmetic.rawValue, kernels: try compute.kernelSet())
  }

  package func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels {
    let begin = ContinuousClock.now
    let segmentation = model.segment(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: features, topK: topK)
    guard segmentation.scoresAreNumbers else {
      throw UsageError(.notFinite(result: "scores of this image"), path: path)
    }
    return PredictedLabels(segmentation, since: begin)
  }
}
