// CLIP's preprocessing of images: Pillow's bicubic resampling and a center crop.

extension PillowResampler {
  /// The center square of an image after resizing its shorter side to `side`.
  ///
  /// As in torchvision, the longer side is truncated to whole pixels, and half the margin is rounded to the nearest integer, ties to
  /// even.
  ///
  /// - Returns: side x side x 3.
  package func centerSquare(_ pixels: [UInt8], height: Int, width: Int, side: Int) -> [UInt8] {
    let isTall = height > width
    let (long, short) = isTall ? (height, width) : (width, height)
    let newLong = side * long / short
    let (newHeight, newWidth) = isTall ? (newLong, side) : (side, newLong)
    let top = Int((Double(newHeight - side) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(newWidth - side) / 2).rounded(.toNearestOrEven))
    return resized(
      pixels, height: height, width: width, to: newHeight, by: newWidth, rows: top..<top + side,
      columns: left..<left + side)
  }
}
