// Zero-shot classification with a loaded model.

public import SedgeImages
import SedgeOperators
public import SedgeRunner
public import SedgeTokenizer
import SedgeTensor

/// Classifies images with CLIP.
///
///     let classifier = try ImageClassifier(path: "clip.sedge")
///     let result = try classifier.classify(RGBImage(path: "cat.png"), classes: ClassList(literal: "cat; dog"))
///     print(result.best, result.probabilities)
///
/// Several tasks may share a classifier; see ``SedgeModel``.
public struct ImageClassifier: Sendable {
  /// The loaded file.
  public let model: SedgeModel

  /// Takes a loaded model.
  ///
  /// - Throws: `UsageError` for SED and CAT-Seg.
  public init(_ model: SedgeModel) throws {
    guard model.kind == .clip else { throw UsageError(.cannotClassify, path: model.path) }
    self.model = model
  }

  /// Loads a file; see ``SedgeModel/init(path:compute:textCachePath:resizing:)``.
  ///
  /// - Throws: As the model's initializer, and `UsageError` for SED and CAT-Seg.
  public init(path: String, compute: Compute = Compute()) throws {
    try self.init(SedgeModel(path: path, compute: compute))
  }

  /// The probability of each class for an image of any size, of which the middle square is seen.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - textFeatures: From `SedgeModel.textFeatures(of:progress:)` of the same model.
  /// - Throws: `UsageError` where probabilities are not finite.
  public func classify(_ image: RGBImage, textFeatures: TextFeatures) throws -> Classification {
    try model.classify(image, textFeatures: textFeatures.tensor)
  }

  /// Classifies an image; text features are encoded where the file does not have them.
  public func classify(_ image: RGBImage, classes: ClassList) throws -> Classification {
    try classify(image, textFeatures: model.textFeatures(of: classes))
  }

  /// Classifies an image without blocking the calling task; see ``classify(_:textFeatures:)``.
  public func classify(_ image: RGBImage, textFeatures: TextFeatures) async throws -> Classification {
    try await withoutBlocking(self, { _ in }) { subject, _ in
      try subject.classify(image, textFeatures: textFeatures)
    }
  }
}
