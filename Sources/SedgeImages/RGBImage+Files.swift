// Pictures from files and to files.

internal import CLibPNG
public import SedgeTensor

extension RGBImage {
  /// Reads a PNG or JPEG file, told apart by their first bytes and not by the file's name.
  ///
  /// The samples are taken as they are stored: no gamma, no colour profile; alpha is dropped and nothing is put
  /// behind it.
  ///
  /// - PNG: every colour type, bit depth and interlacing. Palettes and gray become red, green and blue; samples below
  ///   8 bits are scaled to the full range; of 16 bits the high byte is kept, for gray as well as for colour.
  /// - JPEG: sequential and progressive with Huffman coding, 8 bits; accurate inverse transform, smooth upsampling of
  ///   chrominance. CMYK is taken as inverted, as the programs that write it do, and becomes
  ///   `(255 - c) * (255 - k) / 255`. The picture is turned as its EXIF orientation says; an EXIF part that
  ///   makes no sense is passed over.
  ///
  /// Memory is taken only for a size that the file's length makes possible, and for at most 2^28 pixels.
  ///
  /// - Throws: ``FormatError`` when the file cannot be read, is no such picture, or does not have all of its pixels.
  public init(path: String) throws(FormatError) {
    let file = try PictureFile(path: path)
    switch file.format {
    case .png:
      let header = try PNGHeader(file)
      let pixels = try decodePNG(file, header: header, form: SEDGE_PNG_RGB, rowByteCount: 3 * header.width)
      self.init(width: header.width, height: header.height, pixels: pixels)
    case .jpeg:
      let header = try JPEGHeader(file)
      self = try decodeJPEG(file, header: header).turnedUpright(from: header.orientation)
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
