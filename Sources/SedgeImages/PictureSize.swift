// The size of a picture, without its pixels.

package import SedgeTensor

/// The size of a picture as it is read: turned upright.
package struct PictureSize: Hashable, Sendable {
  /// Pixels of a row.
  package let width: Int
  /// The number of rows.
  package let height: Int

  /// Reads the header of a file; no pixel is decoded.
  ///
  /// - Throws: ``FormatError`` as `RGBImage.init(path:)`, but for faults of the coded pixels.
  package init(path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      try Self.size(PictureFile(path: path))
    }
  }

  private init(width: Int, height: Int, _ orientation: Orientation = .upright) {
    (self.width, self.height) = orientation.swapsSides ? (height, width) : (width, height)
  }

  private static func size(_ file: PictureFile) throws(FormatError) -> PictureSize {
    switch file.format {
    case .png:
      let header = try PNGHeader(file)
      return PictureSize(width: header.width, height: header.height, header.metadata.orientation)
    case .jpeg:
      let header = try JPEGHeader(file)
      return PictureSize(width: header.width, height: header.height, header.metadata.orientation)
    case .webp:
      let header = try WebPHeader(file)
      return PictureSize(width: header.width, height: header.height, header.metadata.orientation)
    case .tiff:
      let picture = try TIFFPicture(file)
      return PictureSize(width: picture.width, height: picture.height, picture.orientation)
    case .bmp:
      let header = try BMPHeader(file)
      return PictureSize(width: header.width, height: header.height)
    }
  }
}
