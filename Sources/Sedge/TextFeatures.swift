// The text features of classes, computed once for many images.

package import SedgeTensor
public import SedgeTokenizer

/// The text features of classes for one model: unit vectors of every class and prompt.
///
///     let features = try model.textFeatures(of: ClassList(literal: "cat; dog"))
///     for image in images { try use(segmenter.segment(image, textFeatures: features)) }
public struct TextFeatures: Sendable {
  /// The classes, in the order of labels.
  public let classes: ClassList
  /// Classes x prompts x embedding for SED, classes x 1 x embedding for CLIP alone.
  package let tensor: Tensor
  /// The reason why the features could not be kept in the cache; `nil` where they were, or where there is none.
  public let cacheError: FormatError?
}
