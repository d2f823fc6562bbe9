// EXIF orientations, and turning a picture upright.

/// The EXIF orientation (tag 0x0112): the sides of the upright picture that row 0 and column 0 of the stored one are.
enum Orientation: Int {
  case upright = 1
  case mirrored
  case upsideDown
  case mirroredUpsideDown
  /// Row 0 is the left side, column 0 the top.
  case transposed
  /// Row 0 is the right side, column 0 the top: to be turned clockwise.
  case leaningLeft
  /// Row 0 is the right side, column 0 the bottom.
  case transverse
  /// Row 0 is the left side, column 0 the bottom: to be turned counterclockwise.
  case leaningRight

  /// The tag's number.
  static let tag = 0x0112

  /// Whether the upright picture is as wide as the stored one is high.
  var swapsSides: Bool { rawValue >= 5 }

  /// The stored position of a pixel of the upright picture, in one stored with `width` and `height`.
  func stored(x: Int, y: Int, width: Int, height: Int) -> (x: Int, y: Int) {
    switch self {
    case .upright: (x, y)
    case .mirrored: (width - 1 - x, y)
    case .upsideDown: (width - 1 - x, height - 1 - y)
    case .mirroredUpsideDown: (x, height - 1 - y)
    case .transposed: (y, x)
    case .leaningLeft: (y, height - 1 - x)
    case .transverse: (width - 1 - y, height - 1 - x)
    case .leaningRight: (width - 1 - y, x)
    }
  }
}

extension RGBImage {
  /// The picture as it is seen, from one stored in `orientation`.
  func turnedUpright(from orientation: Orientation) -> RGBImage {
    if orientation == .upright { return self }
    let swaps = orientation.swapsSides
    var result = RGBImage(
      width: swaps ? height : width, height: swaps ? width : height, color: RGBColor(0, 0, 0))
    for y in 0..<result.height {
      for x in 0..<result.width {
        let from = orientation.stored(x: x, y: y, width: width, height: height)
        result[x: x, y: y] = self[x: from.x, y: from.y]
      }
    }
    return result
  }
}

extension LabelMap {
  /// The map as it is seen, from one stored in `orientation`.
  func turnedUpright(from orientation: Orientation) -> LabelMap {
    if orientation == .upright { return self }
    let (rowCount, columnCount) = orientation.swapsSides ? (width, height) : (height, width)
    var turned: [Int] = []
    turned.reserveCapacity(labels.count)
    for y in 0..<rowCount {
      for x in 0..<columnCount {
        let from = orientation.stored(x: x, y: y, width: width, height: height)
        turned.append(labels[from.y * width + from.x])
      }
    }
    return LabelMap(width: columnCount, height: rowCount, labels: turned)
  }
}
