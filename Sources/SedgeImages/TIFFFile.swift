// libtiff's handle of a file in memory.

internal import CTIFF
internal import SedgeTensor

/// Owns one `TIFF`, opened on a copy of a file's bytes, and what it reads from.
@safe final class TIFFFile {
  /// The most bytes that libtiff takes at once, and of one decoded strip or tile.
  static let largestBlockByteCount = 1 << 29

  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let input: UnsafeMutablePointer<sedge_tiff_input>
  private let tiff: OpaquePointer?

  /// Reads the first directory (`TIFFClientOpenExt`).
  init(_ file: PictureFile) throws(FormatError) {
    unsafe bytes = .allocate(capacity: file.bytes.count)
    _ = unsafe bytes.initialize(from: file.bytes)
    unsafe input = .allocate(capacity: 1)
    unsafe input.initialize(to: sedge_tiff_input())
    unsafe input.pointee.bytes = UnsafePointer(bytes.baseAddress)
    unsafe input.pointee.byteCount = bytes.count
    unsafe tiff = sedge_tiff_open(input, Self.largestBlockByteCount)
    guard unsafe tiff != nil else { throw fault() }
    // A tag that libtiff passed over is no fault.
    unsafe input.pointee.message.0 = 0
  }

  deinit {
    if let tiff = unsafe tiff { unsafe TIFFClose(tiff) }
    unsafe input.deallocate()
    unsafe bytes.deallocate()
  }

  /// What libtiff reported first.
  private func fault() -> FormatError {
    let text = unsafe withUnsafeBytes(of: &input.pointee.message) { message in
      // The file's name, which is empty here, comes first in some.
      let start = unsafe message.starts(with: ": ".utf8) ? 2 : 0
      return unsafe String(decoding: message.dropFirst(start).prefix { $0 != 0 }, as: UTF8.self)
    }
    return FormatError(.malformed(text.isEmpty ? "libtiff cannot read it" : text))
  }

  /// A tag of 16 bits, or its default.
  func short(_ tag: Int32, _ fallback: Int) -> Int {
    Int(unsafe sedge_tiff_short(tiff, UInt32(tag), Int32(fallback)))
  }

  /// A tag of 32 bits; 0 where there is none.
  func long(_ tag: Int32) -> Int { Int(unsafe sedge_tiff_long(tiff, UInt32(tag), 0)) }

  /// What the first sample beyond the colours is (`EXTRASAMPLE_...`); `nil` where there is none.
  var extraSample: Int? {
    let kind = unsafe sedge_tiff_extra_sample(tiff)
    return kind < 0 ? nil : Int(kind)
  }

  /// The XMP packet.
  var xmp: [UInt8]? {
    var start: UnsafePointer<UInt8>?
    let count = unsafe sedge_tiff_xmp(tiff, &start)
    guard count > 0, let start = unsafe start else { return nil }
    return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  }

  /// The palette of `1 << bitCount` colours, of whose samples the high byte is taken; empty where there is none.
  func palette(bitCount: Int) -> [RGBColor] {
    var columns: (UnsafePointer<UInt16>?, UnsafePointer<UInt16>?, UnsafePointer<UInt16>?)
    guard unsafe sedge_tiff_palette(tiff, &columns.0, &columns.1, &columns.2) != 0,
      let red = unsafe columns.0, let green = unsafe columns.1, let blue = unsafe columns.2
    else { return [] }
    return (0..<1 << bitCount).map {
      unsafe RGBColor(UInt8(red[$0] >> 8), UInt8(green[$0] >> 8), UInt8(blue[$0] >> 8))
    }
  }

  /// Makes JPEG data of luma and chroma come as red, green and blue.
  func decodeToRGB() { _ = unsafe sedge_tiff_decode_to_rgb(tiff) }

  /// Whether the picture is stored in tiles and not in strips (`TIFFIsTiled`).
  var isTiled: Bool { unsafe TIFFIsTiled(tiff) != 0 }

  /// Bytes of a row of a tile or strip (`TIFFTileRowSize64`, `TIFFScanlineSize64`).
  var rowByteCount: UInt64 { isTiled ? unsafe TIFFTileRowSize64(tiff) : unsafe TIFFScanlineSize64(tiff) }

  /// The number of tiles or strips, those of all planes (`TIFFNumberOfTiles`, `TIFFNumberOfStrips`).
  var blockCount: Int { Int(isTiled ? unsafe TIFFNumberOfTiles(tiff) : unsafe TIFFNumberOfStrips(tiff)) }

  /// Decodes a tile or strip (`TIFFReadEncodedTile`, `TIFFReadEncodedStrip`).
  func readBlock(_ index: Int, into block: inout [UInt8]) throws(FormatError) {
    let count = tmsize_t(block.count)
    let read =
      isTiled
      ? unsafe TIFFReadEncodedTile(tiff, UInt32(index), &block, count)
      : unsafe TIFFReadEncodedStrip(tiff, UInt32(index), &block, count)
    guard read >= 0, unsafe input.pointee.message.0 == 0 else { throw fault() }
    guard read == count else {
      throw FormatError(.malformed("block \(index) has \(read) bytes, expected \(count)"))
    }
  }
}
