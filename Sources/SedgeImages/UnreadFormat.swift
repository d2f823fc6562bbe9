// Formats of pictures and other files that are not read, but known.

/// A format that is not read, but known.
struct UnreadFormat {
  /// Its name, as it follows "the format".
  let name: String
  /// The way out.
  let advice: String

  private static let saveAs = "save the picture as PNG or JPEG"
  private static let sips = "convert it to JPEG or PNG, with sips, ImageMagick or an image viewer"
  private static let develop = "develop the picture and save it as PNG, JPEG or TIFF"

  private static let starts: [(bytes: [UInt8], offset: Int, name: String, advice: String)] =
    [
      ("GIF8", 0, "GIF", saveAs),
      ("%PDF", 0, "PDF", "save the page as PNG"),
      ("8BPS", 0, "Photoshop (PSD)", saveAs),
      ("P5", 0, "PGM", saveAs), ("P6", 0, "PPM", saveAs), ("P4", 0, "PBM", saveAs),
      ("P2", 0, "PGM", saveAs), ("P3", 0, "PPM", saveAs), ("P7", 0, "PAM", saveAs),
      ("qoif", 0, "QOI", saveAs),
      ("\u{0}\u{0}\u{0}\u{C}jP  ", 0, "JPEG 2000", saveAs),
      ("\u{0}\u{0}\u{0}\u{C}JXL ", 0, "JPEG XL", saveAs),
      ("II+\0", 0, "BigTIFF", "save the picture as classic TIFF or PNG"),
      ("MM\0+", 0, "BigTIFF", "save the picture as classic TIFF or PNG"),
      ("II*\0", 0, "Canon's raw (CR2)", develop),
      ("IIU\0", 0, "Panasonic's raw (RW2)", develop), ("IIRO", 0, "Olympus' raw (ORF)", develop),
      ("IIRS", 0, "Olympus' raw (ORF)", develop), ("MMOR", 0, "Olympus' raw (ORF)", develop),
      ("FUJIFILMCCD-RAW", 0, "Fujifilm's raw (RAF)", develop),
      ("ftypcrx ", 4, "Canon's raw (CR3)", develop),
      ("ftypavi", 4, "AVIF", sips),
      ("ftyphei", 4, "HEIC", sips), ("ftyphev", 4, "HEIC", sips), ("ftypmif1", 4, "HEIF", sips),
      ("ftypmsf1", 4, "HEIF", sips),
      ("ftyp", 4, "MP4 (a video)", "save its frames as PNG or JPEG"),
      ("\u{0}\u{0}\u{1}\u{0}", 0, "ICO", saveAs),
      ("PK\u{3}\u{4}", 0, "ZIP", "unpack it, and give a picture"),
      (
        "version https://git-lfs", 0, "Git LFS (a pointer in place of the file)",
        "fetch the file with git lfs pull"
      ),
    ].map { (Array(String($0.0).utf8), $0.1, $0.2, $0.3) }
    + [
      ([0x93] + Array("NUMPY".utf8), 0, "NumPy (.npy)", "save the array as PNG, such as with Pillow"),
      ([0xFF, 0x0A], 0, "JPEG XL", saveAs),
      ([0xFF, 0x4F, 0xFF, 0x51], 0, "JPEG 2000", saveAs),
      ([0x76, 0x2F, 0x31, 0x01], 0, "OpenEXR", saveAs),
      ([0x1A, 0x45, 0xDF, 0xA3], 0, "WebM (a video)", "save its frames as PNG or JPEG"),
    ]

  /// The format whose files begin so.
  init?(start: [UInt8]) {
    if let known = Self.starts.first(where: { start.dropFirst($0.offset).starts(with: $0.bytes) }) {
      (name, advice) = (known.name, known.advice)
      return
    }
    let text = String(decoding: start.prefix { $0 < 0x80 }, as: UTF8.self).lowercased()
    if text.contains("<svg") {
      (name, advice) = ("SVG", "draw it to PNG")
    } else if text.contains("<html") || text.contains("<!doctype html") {
      (name, advice) = ("HTML (a web page)", "download the picture itself")
    } else {
      return nil
    }
  }
}
