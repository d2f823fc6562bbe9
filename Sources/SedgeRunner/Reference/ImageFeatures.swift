// The result of the image encoder.

import SedgeTensor

/// The features of an image; all tensors are NHWC.
struct ImageFeatures {
  /// `res2`...`res5`, at strides 4, 8, 16 and 32.
  var stages: [Tensor]
  /// The embedding of each pixel of `res5`, or of their average, in the space shared with text; not normalized.
  var embedding: Tensor
}
