// Open-vocabulary segmentation with a loaded model.

public import SedgeImages
import SedgeOperators
public import SedgeRunner
public import SedgeTokenizer
import SedgeTensor

/// Segments images with SED, CAT-Seg, or CLIP alone.
///
///     let segmenter = try Segmenter(path: "sed.sedge")
///     let segmentation = try segmenter.segment(RGBImage(path: "cat.png"), classes: ClassList(literal: "cat; sofa"))
///     try segmentation.labelMap.writePNG(to: "labels.png")
///
/// Several tasks may share a segmenter; see ``SedgeModel``.
public struct Segmenter: Sendable {
  /// Category early rejection: the number of classes that stay in the pass at each pixel.
  public enum EarlyRejection: Hashable, Sendable {
    /// The number that the file asks for.
    case modelDefault
    /// All classes are kept.
    case none
    /// The best classes of each pixel are kept, at least one.
    case top(Int)
  }

  /// The loaded file.
  public let model: SedgeModel

  /// Takes a loaded model of any kind: CLIP alone segments by the cosine of each pixel's embedding with each class.
  public init(_ model: SedgeModel) { self.model = model }

  /// Loads a file; see ``SedgeModel/init(path:compute:textCachePath:resizing:)``.
  ///
  /// - Throws: As the model's initializer.
  public init(path: String, compute: Compute = Compute()) throws {
    self.init(try SedgeModel(path: path, compute: compute))
  }

  /// Segments an image of any size.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - textFeatures: From `SedgeModel.textFeatures(of:progress:)` of the same model; others trap or give other labels.
  ///   - earlyRejection: The classes that stay in the pass; `.top` of less than 1 traps.
  /// - Throws: `UsageError` where early rejection is requested of a model without heads for it, or where scores are not
  ///   finite.
  public func segment(
    _ image: RGBImage, textFeatures: TextFeatures, earlyRejection: EarlyRejection = .modelDefault
  ) throws -> Segmentation {
    let topK: Int? =
      switch earlyRejection {
      case .modelDefault: model.defaultTopK
      case .none: nil
      case .top(let count): count
      }
    precondition(topK ?? 1 >= 1, "early rejection keeps at least one class")
    return try model.segment(image, textFeatures: textFeatures.tensor, topK: topK)
  }

  /// Segments an image into classes; text features are encoded where the file does not have them.
  public func segment(_ image: RGBImage, classes: ClassList) throws -> Segmentation {
    try segment(image, textFeatures: model.textFeatures(of: classes))
  }

  /// Segments an image without blocking the calling task; see ``segment(_:textFeatures:earlyRejection:)``.
  public func segment(
    _ image: RGBImage, textFeatures: TextFeatures, earlyRejection: EarlyRejection = .modelDefault
  ) async throws -> Segmentation {
    try await withoutBlocking(self, { _ in }) { subject, _ in
      try subject.segment(image, textFeatures: textFeatures, earlyRejection: earlyRejection)
    }
  }
}

extension Segmentation {
  /// The labels as an image.
  public var labelMap: LabelMap { LabelMap(width: width, height: height, labels: labels.map(Int.init)) }
}
