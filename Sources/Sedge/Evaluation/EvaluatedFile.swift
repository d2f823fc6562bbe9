// A .sedge file in an evaluation.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
package import SedgeEvaluation
package import SedgeImages
package import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer

/// A `.sedge` file as it ships: its weights, its stored class features, its default of early rejection.
package final class EvaluatedFile: EvaluatedModel {
  package let facts: EvaluatedModelFacts
  package let topKSettings: TopKSettings
  private let model: SedgeModel
  private let features: Tensor

  /// Loads a file and encodes the class names that it does not have features of.
  ///
  /// - Parameters:
  ///   - resizing: How pictures are brought to the model's resolution.
  ///   - topK: The settings of early rejection; the model's own default is the file's.
  ///   - textCachePath: A file that keeps text features; `nil` for none.
  ///   - progress: Called while names are encoded.
  /// - Throws: As `SedgeModel`; `UsageError` where early rejection is requested of a model without heads.
  package init(
    path: String, classes: ClassList, resizing: ImageResizing, topK: TopKSettings.Request,
    compute: Compute, textCachePath: String?, progress: @escaping ProgressHandler
  ) throws {
    let architecture = try openSedgeFile(path: path).architecture
    let own = try evaluated(resizing, of: architecture, path: path)
    let model = try SedgeModel(
      path: path, compute: compute, textCachePath: textCachePath,
      resizing: architecture.kind == .clip ? nil : own)
    self.model = model
    topKSettings = try TopKSettings(
      topK, default: model.defaultTopK, classCount: classes.classes.count,
      hasHeads: model.file.architecture.hasRejectionHeads, path: path)
    features = try model.textFeatures(of: classes, progress: progress).tensor
    facts = EvaluatedModelFacts(
      name: fileName(path), architecture: model.name, sha256: try fingerprint(of: [model.file.snapshot]),
      compute: compute.arithmetic.rawValue, kernels: try compute.kernelSet())
  }

  package func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels {
    let begin = ContinuousClock.now
    let segmentation = try model.segment(image, textFeatures: features, topK: topK)
    return PredictedLabels(segmentation, since: begin)
  }
}

/// The way of resizing that an evaluation asks for, as a model has it.
///
/// - Throws: `UsageError` where the model does not have it.
func evaluated(
  _ resizing: ImageResizing, of architecture: Architecture, path: String
) throws(UsageError) -> ImageResizing {
  let own = resizing.applied(to: architecture.kind)
  guard ImageResizing.all(of: architecture.kind).contains(own) else {
    throw UsageError(.resizingOfAnother(resizing.rawValue, model: architecture.kind.rawValue), path: path)
  }
  return own
}

extension PredictedLabels {
  /// The labels of a segmentation that was begun at a moment.
  init(_ segmentation: Segmentation, since begin: ContinuousClock.Instant) {
    let time = ContinuousClock.now - begin
    self.init(
      labels: segmentation.labels, keptClasses: segmentation.classes.count,
      microseconds: Int(time / .microseconds(1)))
  }
}

extension TopKSettings {
  /// The settings of a model that are asked for; a default that keeps all classes of the list is `nil`.
  ///
  /// - Throws: `UsageError` where early rejection is given to a model without heads for it.
  init(
    _ request: Request, default standard: Int?, classCount: Int, hasHeads: Bool, path: String
  ) throws(UsageError) {
    let own = hasHeads ? standard.flatMap { $0 < classCount ? $0 : nil } : nil
    switch request {
    case .given(let topKs):
      if !hasHeads, topKs.contains(where: { $0 != nil }) { throw UsageError(.noRejectionHeads, path: path) }
      self.init(topKs, origin: .given, defaultTopK: own)
    case .reference(let topKs) where hasHeads: self.init(topKs, origin: .reference, defaultTopK: own)
    case .ownDefault, .reference: self.init([own], origin: .ownDefault, defaultTopK: own)
    }
  }
}

/// A path's last component.
func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

/// The SHA-256 of a file; of several files, that of their digests.
///
/// - Throws: `FormatError` where one of them cannot be read or has changed.
func fingerprint(of files: [FileSnapshot]) throws(FormatError) -> String {
  var digests: [[UInt8]] = []
  for file in files { digests.append(try sha256(of: file)) }
  let digest = digests.count == 1 ? digests[0] : sha256(of: digests.flatMap(\.self))
  return digest.hexadecimalText
}
