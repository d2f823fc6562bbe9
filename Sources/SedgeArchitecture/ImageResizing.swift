// How an image becomes the square that SED's encoder takes.

/// The way of an image of any size to the square of SED's image encoder.
///
///     var options = ConversionOptions()
///     options.resizing = .sed
///
/// CLIP alone has its own: Pillow's bicubic filter and the center square.
public enum ImageResizing: String, CaseIterable, Hashable, Sendable, Codable {
  /// Bilinear resizing straight to the square: half-pixel centres, no antialiasing.
  case square
  /// The published evaluation of SED: first the shorter side to 640 pixels, the longer to at most 2,560, by Pillow's antialiased
  /// bilinear filter in 8 bits; then as ``square``.
  case sed
}

extension ImageResizing {
  /// The length of the shorter side after the first step of ``sed``, in pixels.
  package static let shorterSide = 640
  /// The limit of the longer side after the first step of ``sed``, in pixels.
  package static let longestSide = 2560

  /// The size of an image after the first step; `nil` where there is none.
  ///
  /// Computed in float64 and rounded half up like `ResizeShortestEdge` of detectron2; an image of more than 5,120 to 1, whose
  /// shorter side would vanish, keeps one pixel there.
  package func intermediateSize(height: Int, width: Int) -> (height: Int, width: Int)? {
    guard self == .sed else { return nil }
    let side = Double(Self.shorterSide)
    let scale = side / Double(min(height, width))
    var (newHeight, newWidth) =
      height < width ? (side, scale * Double(width)) : (scale * Double(height), side)
    if max(newHeight, newWidth) > Double(Self.longestSide) {
      let limit = Double(Self.longestSide) / max(newHeight, newWidth)
      (newHeight, newWidth) = (newHeight * limit, newWidth * limit)
    }
    return (max(Int(newHeight + 0.5), 1), max(Int(newWidth + 0.5), 1))
  }
}
