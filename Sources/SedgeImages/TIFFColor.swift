// The colour spaces of TIFF.

/// What the samples of a pixel mean (TIFF 6.0, PhotometricInterpretation).
enum TIFFColor: Int {
  case grayFromWhite = 0
  case gray = 1
  case rgb = 2
  case palette = 3
  case cmyk = 5
  /// Luma and chroma, as in JPEG data; libtiff converts them to red, green and blue.
  case luma = 6

  /// Samples of a pixel that are colour.
  var sampleCount: Int {
    switch self {
    case .gray, .grayFromWhite, .palette: 1
    case .rgb, .luma: 3
    case .cmyk: 4
    }
  }

  /// Bits of a sample that are read.
  var bitCounts: [Int] {
    switch self {
    case .gray, .grayFromWhite: [1, 2, 4, 8, 16, 32]
    case .rgb, .cmyk: [8, 16]
    case .palette: [1, 2, 4, 8]
    case .luma: [8]
    }
  }
}
