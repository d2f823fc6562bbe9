// Pictures from files and to files.

internal import CLibPNG
public import SedgeTensor

extension RGBImage {
  /// Reads a PNG, JPEG, WebP, TIFF or BMP file, whose format is known by its first bytes and not by its name.
  ///
  /// The samples are taken as they are stored: no gamma, no colour profile; alpha is dropped and nothing is put
  /// behind it.
  ///
  /// - PNG: every colour type, bit depth and interlacing. Palettes and gray become red, green and blue; samples below
  ///   8 bits are scaled to the full range; of 16 bits the high byte is kept, for gray as well as for colour.
  /// - JPEG: sequential and progressive with Huffman coding, 8 bits; accurate inverse transform, smooth upsampling of
  ///   chrominance. CMYK is taken as inverted, as the programs that write it do, and becomes
  ///   `(255 - c) * (255 - k) / 255`.
  /// - WebP: still pictures, lossy and lossless.
  /// - TIFF: the first picture of the file; gray, palette, red, green and blue or CMYK of up to 16 bits, in strips or
  ///   tiles, plain or compressed by PackBits, LZW, deflate or JPEG. Colour that was multiplied by alpha is divided by it.
  /// - BMP: 1, 4, 8, 16, 24 and 32 bits without compression.
  ///
  /// The picture is turned by its EXIF or XMP orientation, as Pillow's `ImageOps.exif_transpose` does; malformed metadata are
  /// ignored.
  ///
  /// Memory is taken only for a size that the file's length makes possible, and for at most 2^26 pixels.
  ///
  /// - Throws: ``FormatError`` when the file cannot be read, is no such picture, or does not have all of its pixels.
  public init(path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      try Self.image(PictureFile(path: path))
    }
  }

  private static func image(_ file: PictureFile) throws(FormatError) -> RGBImage {
    switch file.format {
    case .png:
      let header = try PNGHeader(file)
      let pixels = try decodePNG(file, header: header, form: SEDGE_PNG_RGB, rowByteCount: 3 * header.width)
      return RGBImage(width: header.width, height: header.height, pixels: pixels)
        .turnedUpright(from: header.metadata.orientation)
    case .jpeg:
      let header = try JPEGHeader(file)
      return try decodeJPEG(file, header: header).turnedUpright(from: header.metadata.orientation)
    case .webp:
      let header = try WebPHeader(file)
      return try decodeWebP(file, header: header).turnedUpright(from: header.metadata.orientation)
    case .tiff:
      let picture = try TIFFPicture(file)
      return try picture.image().turnedUpright(from: picture.orientation)
    case .bmp:
      return try BMPHeader(file).image(file)
    }
  }

  /// Writes the picture as a PNG file of 8-bit red, green and blue, whole or not at all.
  ///
  /// The same picture makes the same bytes, with the same libpng and zlib.
  ///
  /// - Throws: ``FormatError`` when the file cannot be written.
  public func writePNG(to path: String) throws(FormatError) {
    try SedgeImages.writePNG(
      width: width, height: height, bitDepth: 8, colorType: PNG_COLOR_TYPE_RGB, pixels: pixels, to: path)
  }
}
