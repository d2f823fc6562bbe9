// The formats that pictures are read from, known by a file's first bytes.

/// A format of pictures.
enum PictureFormat {
  case png, jpeg, webp, tiff, bmp

  /// Bytes at the start of a file that determine its format.
  static let startByteCount = 512

  /// The format whose files begin so; `nil` where it is none that is read.
  init?(start: [UInt8]) {
    if start.starts(with: PNGHeader.signature) {
      self = .png
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      self = .webp
    } else if start.starts(with: Array("II*\0".utf8)) || start.starts(with: Array("MM\0*".utf8)),
      !start.dropFirst(8).starts(with: Array("CR".utf8))
    {
      self = .tiff
    } else if start.starts(with: Array("BM".utf8)) {
      self = .bmp
    } else {
      return nil
    }
  }
}
