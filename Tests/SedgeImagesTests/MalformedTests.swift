// Files that are no whole picture are refused, each with the fault named.

import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Malformed pictures")
struct MalformedTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let kind: FormatError.Kind
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ kind: FormatError.Kind) {
      self.name = name
      self.bytes = bytes
      self.kind = kind
    }
  }

  static func cases() throws -> [Case] {
    let png = try bytes("images/gray8.png")
    let jpeg = try bytes("images/jpeg-444.jpg")
    let webp = try bytes("images/webp-lossy.webp")
    let tiff = try bytes("images/tiff-raw.tif")
    let tiles = try bytes("images/tiff-tiles.tif")
    let bmp = try bytes("images/bmp-rgb.bmp")
    let noPicture = "its first bytes are those of no PNG, JPEG, WebP, TIFF or BMP picture"
    let develop = "develop the picture and save it as PNG, JPEG or TIFF"
    let coding = "save the picture as an ordinary JPEG or as PNG"
    let scale = "at most 67108864 pixels are read: scale the picture down"
    let oddCoding = "lossless, hierarchical, arithmetic or"
    return [
      Case("empty", [], .malformed("it is empty, expected a PNG, JPEG, WebP, TIFF or BMP picture")),
      Case("text", Array("hello, world".utf8), .malformed(noPicture)),
      Case("one byte", [0x89], .malformed(noPicture)),
      Case(
        "WebP signature alone", Array("RIFF\u{4}\0\0\0WEBP".utf8), .malformed("its coded data are damaged")),
      Case(
        "WebP cut", webp.dropLast(10), .truncated(expectedBytes: webp.count, actualBytes: webp.count - 10)),
      Case(
        "WebP with damaged data", webp.replacing(23, [0]), .malformed("its coded data are damaged")),
      Case(
        "animated WebP",
        Array("RIFF\u{16}\0\0\0WEBPVP8X\u{A}\0\0\0\u{2}\0\0\0\u{F}\0\0\u{B}\0\0".utf8),
        .unsupported("an animation", advice: "save the frame that is meant as PNG or JPEG")),
      Case(
        "TIFF signature alone", Array(tiff.prefix(8)), .malformed("Can not read TIFF directory count")),
      Case(
        "TIFF of no compression that is read", tiff.tag(259, [6, 0]),
        .unsupported(
          "the compression old-style JPEG of TIFF", advice: "save it with LZW or deflate, or as PNG")),
      Case(
        "TIFF of 65535 x 65535", tiff.tag(256, [255, 255]).tag(257, [255, 255]),
        .unsupported("65535 x 65535 pixels", advice: scale)),
      Case(
        "TIFF of more pixels than its bytes can hold", tiff.tag(256, [0, 32]),
        .malformed("8192 x 12 pixels cannot come from \(tiff.count) bytes")),
      Case(
        "TIFF of a palette without one", tiff.tag(262, [3, 0]), .malformed("it has no palette")),
      Case(
        "a preview", tiff.tag(262, to: 254, [1, 0]),
        .unsupported("a camera's raw picture or a preview (DNG, NEF and such)", advice: develop)),
      Case(
        "TIFF of tiles much larger than the picture", tiles.tag(322, [64, 0]),
        .malformed("blocks of 16384 x 16 pixels")),
      Case("BMP signature alone", Array("BM".utf8), .truncated(expectedBytes: 18, actualBytes: 2)),
      Case("BMP cut", bmp.dropLast(1), .truncated(expectedBytes: bmp.count, actualBytes: bmp.count - 1)),
      Case("BMP of an odd header", bmp.replacing(14, [41]), .malformed("a header of 41 bytes")),
      Case("BMP of 3 bits", bmp.replacing(28, [3]), .malformed("3 bits a pixel")),
      Case(
        "BMP of a negative width", bmp.replacing(18, [255, 255, 255, 255]),
        .malformed("a picture of -1 x 7 pixels")),
      Case(
        "BMP of the lowest height", bmp.replacing(22, [0, 0, 0, 0x80]),
        .unsupported("15 x 2147483648 pixels", advice: scale)),
      Case(
        "BMP with run lengths", bmp.replacing(30, [1]),
        .unsupported(
          "compression 1 of BMP", advice: "save the picture as PNG, or as BMP without compression")),
      Case(
        "PNG for iPhone apps", png.replacing(12, "CgBI"),
        .unsupported(
          "Apple's PNG for iPhone apps (CgBI)",
          advice: "restore it with pngcrush -revert-iphone-optimizations, or take the original")),
      Case("PNG signature alone", Array(png.prefix(8)), .truncated(expectedBytes: 33, actualBytes: 8)),
      Case(
        "PNG cut in its data", png.dropLast(20),
        .truncated(expectedBytes: png.count - 12, actualBytes: png.count - 20)),
      Case(
        "PNG without its end chunk", png.dropLast(12),
        .truncated(expectedBytes: png.count, actualBytes: png.count - 12)),
      Case(
        "PNG with another first chunk", png.replacing(12, "JHDR"), .malformed("its first chunk is no header")),
      Case(
        "PNG with an endless chunk", png.replacing(33, [0xFF, 0xFF, 0xFF, 0xFF]),
        .truncated(expectedBytes: 33 + 12 + 0xFFFF_FFFF, actualBytes: png.count)),
      Case(
        "PNG of 2^31 x 2^31", png.header(width: 1 << 31, height: 1 << 31),
        .unsupported("2147483648 x 2147483648 pixels", advice: scale)),
      Case(
        "PNG of 2^32 - 1 squared", png.header(width: .max, height: .max),
        .unsupported("4294967295 x 4294967295 pixels", advice: scale)),
      Case(
        "PNG of more pixels than its bytes can hold", png.header(width: 8000, height: 8000),
        .malformed("8000 x 8000 pixels cannot come from \(png.count) bytes")),
      Case("PNG of no width", png.header(width: 0, height: 11), .malformed("a picture of 0 x 11 pixels")),
      Case("PNG of too many rows", png.header(width: 13, height: 12), .malformed("Not enough image data")),
      Case("PNG of colour type 5", png.replacing(25, [5]), .malformed("colour type 5 with 8 bits")),
      Case("PNG of 3 bits", png.replacing(24, [3]), .malformed("colour type 0 with 3 bits")),
      Case(
        "PNG of interlacing 7", png.replacing(28, [7]).withHeaderChecksum(), .malformed("Invalid IHDR data")),
      Case("PNG with a damaged header", png.replacing(29, [png[29] ^ 1]), .malformed("IHDR: CRC error")),
      Case(
        "PNG with damaged data", png.replacing(png.count - 13, [png[png.count - 13] ^ 1]),
        .malformed("IDAT: CRC error")),
      Case(
        "JPEG cut in its data", jpeg.dropLast(100),
        .truncated(expectedBytes: jpeg.count - 98, actualBytes: jpeg.count - 100)),
      Case(
        "JPEG without its end", jpeg.dropLast(2),
        .truncated(expectedBytes: jpeg.count, actualBytes: jpeg.count - 2)),
      Case("JPEG cut in a segment", Array(jpeg.prefix(10)), .truncated(expectedBytes: 20, actualBytes: 10)),
      Case("JPEG signature alone", [0xFF, 0xD8, 0xFF], .truncated(expectedBytes: 5, actualBytes: 3)),
      Case("JPEG of nothing", [0xFF, 0xD8, 0xFF, 0xD9], .malformed("it has no frame")),
      Case(
        "JPEG with a segment of 1 byte", [0xFF, 0xD8, 0xFF, 0xE0, 0, 1], .malformed("a segment of 1 bytes")),
      Case(
        "JPEG with a short frame", [0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0, 0xFF, 0xD9],
        .malformed("its frame header is cut short")),
      Case(
        "JPEG with data cut but an end", jpeg.dropLast(100) + [0xFF, 0xD9],
        .malformed("Corrupt JPEG data: premature end of data segment")),
      Case("JPEG of no height", jpeg.frame(1, [0, 0]), .malformed("a picture of 29 x 0 pixels")),
      Case(
        "JPEG of 65535 x 65535", jpeg.frame(1, [255, 255, 255, 255]),
        .unsupported("65535 x 65535 pixels", advice: scale)),
      Case(
        "JPEG of more pixels than its bytes can hold", jpeg.frame(1, [0x20, 0, 0x20, 0]),
        .malformed("8192 x 8192 pixels cannot come from \(jpeg.count) bytes")),
      Case(
        "JPEG of 12 bits", jpeg.frame(0, [12]),
        .unsupported("\(oddCoding) 12-bit JPEG coding", advice: coding)),
      Case(
        "JPEG, lossless", jpeg.frame(-3, [0xC3]),
        .unsupported("\(oddCoding) 8-bit JPEG coding", advice: coding)),
      Case(
        "JPEG of 2 components", jpeg.frame(5, [2]), .malformed("2 colour components, expected 1, 3 or 4")),
    ]
  }

  @Test("A file that is no whole picture is refused with its fault and its path", arguments: try cases())
  func refuses(_ input: Case) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(input.bytes, to: "picture")
    let error = try #require(throws: FormatError.self) { try RGBImage(path: path) }
    #expect(error.kind == input.kind)
    #expect(error.path == path)
  }

  static let unread: [(String, String)] = [
    ("GIF89a", "GIF"), ("\0\0\0\u{18}ftypheic", "HEIC"), ("\0\0\0\u{18}ftypmif1", "HEIF"),
    ("\0\0\0\u{1C}ftypavif", "AVIF"), ("\0\0\0\u{C}JXL \r\n", "JPEG XL"),
    ("\0\0\0\u{C}jP  \r\n", "JPEG 2000"),
    ("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"), ("%PDF-1.7", "PDF"),
    ("II*\0\u{10}\0\0\0CR\u{2}\0", "Canon's raw (CR2)"), ("\0\0\0\u{18}ftypcrx ", "Canon's raw (CR3)"),
    ("FUJIFILMCCD-RAW 0201", "Fujifilm's raw (RAF)"), ("II+\0", "BigTIFF"), ("P6\n", "PPM"),
    ("<!DOCTYPE html><html>", "HTML (a web page)"),
    ("version https://git-lfs.github.com/spec/v1", "Git LFS (a pointer in place of the file)"),
    ("\0\0\0\u{20}ftypisom", "MP4 (a video)"), ("8BPS", "Photoshop (PSD)"),
  ]

  @Test("A picture of another format is named, with the way out", arguments: unread)
  func namesFormat(start: String, name: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(start.utf8), to: "picture.png")
    let error = try #require(throws: FormatError.self) { try RGBImage(path: path) }
    guard case .unsupported(let what, let advice) = error.kind else { throw error }
    #expect(what == "the format \(name)" && !advice.isEmpty)
  }

  @Test("A file that is not there and a folder are refused")
  func refusesNoFile() throws {
    let folder = try TemporaryFolder()
    let missing = try #require(throws: FormatError.self) { try RGBImage(path: folder.file("none.png")) }
    #expect(missing.kind == .cannotRead(reason: "No such file or directory"))
    let directory = try #require(throws: FormatError.self) { try RGBImage(path: folder.path) }
    #expect(directory.kind == .notAFile(found: "a directory"))
  }

  static let wholeNames = [
    "color8.png", "palette4-interlaced.png", "jpeg-420.jpg", "jpeg-progressive.jpg", "jpeg-orientation6.jpg",
    "webp-lossy.webp", "webp-alpha.webp", "webp-lossless.webp", "bmp-old.bmp", "bmp-4.bmp", "bmp-565.bmp",
  ]

  static let tiffNames = [
    "lzw", "predictor", "deflate", "packbits", "jpeg", "palette", "tiles", "planes", "rgb16",
  ].map {
    "tiff-\($0).tif"
  }

  @Test(
    "A TIFF that is cut short is refused or, where the rest is not needed, read as it was",
    arguments: tiffNames)
  func cutTIFF(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes("images/\(name)")
    let image = try RGBImage(path: fixture("images/\(name)"))
    for count in 0..<whole.count {
      let path = try folder.write(Array(whole.prefix(count)), to: "cut")
      let isDifferent = try? RGBImage(path: path) != image
      #expect(isDifferent != true, "\(count) bytes")
    }
  }

  @Test(
    "Random damage gives a picture of possible size or a FormatError, no crash",
    arguments: wholeNames.filter { !$0.hasSuffix("png") && !$0.hasSuffix("jpg") } + tiffNames)
  func survivesMutation(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes("images/\(name)")
    var generator = SeededGenerator(state: 1)
    for _ in 0..<400 {
      var damaged = whole
      generator.mutate(&damaged)
      let path = try folder.write(damaged, to: "damaged")
      do {
        let image = try RGBImage(path: path)
        #expect(image.pixels.count <= 3 * 2731 * 8 * whole.count)
        _ = try? LabelMap(path: path)
      } catch {
        #expect(error.path == path)
      }
    }
  }

  @Test("No beginning of a picture is read as a picture", arguments: wholeNames)
  func refusesEveryBeginning(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes("images/\(name)")
    for count in 0..<whole.count {
      let path = try folder.write(Array(whole.prefix(count)), to: "cut")
      #expect(throws: FormatError.self, "\(count) bytes") { try RGBImage(path: path) }
    }
  }

  @Test("A changed byte gives a picture of possible size or a FormatError, no crash", arguments: wholeNames)
  func survivesChangedBytes(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes("images/\(name)")
    for offset in 0..<whole.count {
      for value: UInt8 in [0x00, 0xFF, whole[offset] ^ 0x10] {
        let path = try folder.write(whole.replacing(offset, [value]), to: "changed")
        do {
          let image = try RGBImage(path: path)
          #expect(image.pixels.count <= 3 * 1032 * 8 * whole.count)
        } catch {
          #expect(error.path == path)
        }
      }
    }
  }

  @Test(
    "What is no map of one number a pixel is refused as a label map",
    arguments: [
      ("color8.png", "colours for class indices"),
      ("gray-alpha8.png", "alpha for class indices"),
      ("tiff-raw.tif", "colours for class indices"),
      ("jpeg-gray.jpg", "JPEG for class indices"),
      ("bmp-gray.bmp", "BMP for class indices"),
      ("webp-lossless.webp", "WebP for class indices"),
      ("tiff-white.tif", "gray that counts from white, for class indices"),
    ])
  func refusesLabels(name: String, what: String) throws {
    let error = try #require(throws: FormatError.self) { try LabelMap(path: fixture("images/\(name)")) }
    guard case .unsupported(what, let advice) = error.kind else { throw error }
    #expect(
      advice.contains(
        "a label map is a PNG or TIFF of one channel, gray or with a palette, whose values are class indices")
    )
  }
}

extension [UInt8] {
  fileprivate func replacing(_ offset: Int, _ bytes: some Collection<UInt8>) -> [UInt8] {
    var result = self
    result.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return result
  }

  fileprivate func replacing(_ offset: Int, _ text: String) -> [UInt8] { replacing(offset, Array(text.utf8)) }

  /// A PNG file that claims another size, with the header's checksum made right.
  fileprivate func header(width: UInt32, height: UInt32) -> [UInt8] {
    let size = [width, height].flatMap { n in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> $0) } }
    return replacing(16, size).withHeaderChecksum()
  }

  fileprivate func withHeaderChecksum() -> [UInt8] {
    let sum = crc32(self[12..<29])
    return replacing(29, [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) })
  }

  /// A TIFF file with another value, or another tag, in an entry of its directory.
  fileprivate func tag(_ tag: Int, to other: Int? = nil, _ value: [UInt8]) -> [UInt8] {
    let isLittleEndian = first == UInt8(ascii: "I")
    func number(_ offset: Int) -> Int {
      let (low, high) = isLittleEndian ? (offset, offset + 1) : (offset + 1, offset)
      return Int(self[low]) | Int(self[high]) << 8
    }
    let directory = number(isLittleEndian ? 4 : 6)
    for entry in (0..<number(directory)).map({ directory + 2 + 12 * $0 }) where number(entry) == tag {
      let bytes = [UInt8((other ?? tag) & 0xFF), UInt8((other ?? tag) >> 8)]
      return replacing(entry, isLittleEndian ? bytes : bytes.reversed()).replacing(entry + 8, value)
    }
    return self
  }

  /// A JPEG file with bytes of its frame header replaced, from `offset` behind the segment's length.
  fileprivate func frame(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    guard let start = indices.dropLast().first(where: { self[$0] == 0xFF && self[$0 + 1] == 0xC0 }) else {
      return self
    }
    return replacing(start + 4 + offset, bytes)
  }
}

/// The checksum of a PNG chunk.
private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
