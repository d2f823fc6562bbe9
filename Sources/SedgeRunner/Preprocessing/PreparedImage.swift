// An image as the image encoder takes it.

package import SedgeTensor

/// An image after preprocessing, which any thread can do while a model runs on another.
package struct PreparedImage: Sendable {
  /// The encoder's input: 1 x R x R x 3, or 5 x R x R x 3 for CAT-Seg's windows, the last of which is the whole image.
  package let input: Tensor
  /// Rows of the original image.
  package let height: Int
  /// Pixels of a row of the original image.
  package let width: Int
}
