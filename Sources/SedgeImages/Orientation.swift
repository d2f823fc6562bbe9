// How a camera held the picture, and how to put it upright.

/// The EXIF orientation (tag 0x0112): where row 0 and column 0 of the stored picture lie when it is seen upright.
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

  /// Finds the tag in the first directory of an APP1 segment (EXIF 2.3, 4.5 and 4.6.4).
  ///
  /// - Parameter exifSegment: The segment behind its length.
  /// - Returns: `nil` where it is no EXIF segment, has no such tag, or breaks off before it.
  init?(exifSegment: ArraySlice<UInt8>) {
    guard exifSegment.starts(with: Array("Exif\0\0".utf8)) else { return nil }
    let tiff = Array(exifSegment.dropFirst(6))
    let isLittleEndian = tiff.starts(with: Array("II*\0".utf8))
    guard isLittleEndian || tiff.starts(with: Array("MM\0*".utf8)) else { return nil }

    func integer(at offset: Int, byteCount: Int) -> Int? {
      let value = tiff.bigEndian(at: offset, byteCount: byteCount)
      guard isLittleEndian, let value else { return value }
      return Int(UInt(value).byteSwapped >> (UInt.bitWidth - 8 * byteCount))
    }

    guard let directory = integer(at: 4, byteCount: 4), let count = integer(at: directory, byteCount: 2)
    else { return nil }
    for i in 0..<count {
      let entry = directory + 2 + 12 * i
      guard let tag = integer(at: entry, byteCount: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      let isOneShort = integer(at: entry + 2, byteCount: 2) == 3 && integer(at: entry + 4, byteCount: 4) == 1
      guard isOneShort, let value = integer(at: entry + 8, byteCount: 2) else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }
}

extension RGBImage {
  /// The picture as it is seen, from one stored in `orientation`.
  func turnedUpright(from orientation: Orientation) -> RGBImage {
    if orientation == .upright { return self }
    let swapsSides = orientation.rawValue >= 5
    var result = RGBImage(
      width: swapsSides ? height : width, height: swapsSides ? width : height, color: RGBColor(0, 0, 0))
    for y in 0..<result.height {
      for x in 0..<result.width {
        let (fromX, fromY) =
          switch orientation {
          case .upright: (x, y)
          case .mirrored: (width - 1 - x, y)
          case .upsideDown: (width - 1 - x, height - 1 - y)
          case .mirroredUpsideDown: (x, height - 1 - y)
          case .transposed: (y, x)
          case .leaningLeft: (y, height - 1 - x)
          case .transverse: (width - 1 - y, height - 1 - x)
          case .leaningRight: (width - 1 - y, x)
          }
        result[x: x, y: y] = self[x: fromX, y: fromY]
      }
    }
    return result
  }
}
