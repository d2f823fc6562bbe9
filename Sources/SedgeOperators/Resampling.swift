// The grid conventions of resizing.

/// The positions at which a resized image samples its source.
package enum Resampling: Hashable, Sendable {
  /// Pixels are areas: output i samples (i + 1/2) in/out - 1/2.
  case halfPixel
  /// Pixels are points and the corners are aligned: output i samples i (in - 1)/(out - 1).
  case alignedCorners
}
