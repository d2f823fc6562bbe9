// Pictures are read as Pillow reads them, sample for sample.

import Foundation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Reading pictures")
struct ReadingTests {
  static let pngNames =
    ["gray1", "gray2", "gray4", "gray8", "gray16", "color8", "color16", "palette1", "palette2", "palette4"]
    + ["palette8", "gray-alpha8", "gray-alpha16", "color-alpha8", "color-alpha16"]

  static let specialPNGNames = [
    "palette8-short", "palette8-transparent", "gray8-transparent", "color8-transparent", "color8-gamma",
  ]

  static let jpegNames = [
    "444", "422", "420", "progressive", "gray", "cmyk", "rgb", "restarts", "extra-bytes",
  ]

  @Test(
    "Every PNG colour type, bit depth and interlacing gives the samples that Pillow gives",
    arguments: pngNames + pngNames.map { $0 + "-interlaced" } + specialPNGNames)
  func readsPNG(name: String) throws {
    let image = try RGBImage(path: fixture("images/\(name).png"))
    #expect(image == RGBImage(width: 13, height: 11, pixels: try bytes("images/\(name).rgb")))
  }

  @Test("Every kind of JPEG gives the samples that Pillow gives", arguments: jpegNames)
  func readsJPEG(name: String) throws {
    let image = try RGBImage(path: fixture("images/jpeg-\(name).jpg"))
    #expect(image == RGBImage(width: 29, height: 19, pixels: try bytes("images/jpeg-\(name).rgb")))
  }

  static let otherNames =
    ["lossy", "lossless", "alpha", "lossless-alpha"].map { "webp-\($0).webp" }
    + [
      "raw", "lzw", "deflate", "packbits", "predictor", "jpeg", "jpeg-gray", "gray", "bits", "palette",
      "alpha",
      "gray-alpha", "cmyk", "gray16", "gray16-big", "rgb16", "rgb16-big", "planes", "premultiplied", "white",
      "gray4",
      "orientation3",
    ].map { "tiff-\($0).tif" }

  @Test("Every kind of WebP and TIFF gives the samples that Pillow gives", arguments: otherNames)
  func readsOthers(name: String) throws {
    let image = try RGBImage(path: fixture("images/\(name)"))
    #expect(
      image == RGBImage(width: 16, height: 12, pixels: try bytes("images/\(name.prefix { $0 != "." }).rgb")))
  }

  @Test("The size of a picture is known without its pixels, turned as they are")
  func sizes() throws {
    let pictures = try PictureFolder(path: fixture("images")).pictures
    #expect(pictures.count > 100)
    for path in pictures.map({ fixture("images/\($0)") }) {
      guard let image = try? RGBImage(path: path) else { continue }
      let size = try PictureSize(path: path)
      #expect((size.width, size.height) == (image.width, image.height), "\(path)")
    }
  }

  @Test("Tiles that reach beyond the picture and a TIFF that is to be turned give what Pillow gives")
  func readsTiles() throws {
    let tiled = try RGBImage(path: fixture("images/tiff-tiles.tif"))
    #expect(tiled == RGBImage(width: 20, height: 18, pixels: try bytes("images/tiff-tiles.rgb")))
    let turned = try RGBImage(path: fixture("images/tiff-orientation6.tif"))
    #expect(turned == RGBImage(width: 12, height: 16, pixels: try bytes("images/tiff-orientation6.rgb")))
  }

  @Test(
    "Every kind of BMP gives the samples that Pillow gives",
    arguments: ["rgb", "palette", "gray", "bits", "alpha", "top-down", "old", "32", "16", "565", "4"])
  func readsBMP(name: String) throws {
    let image = try RGBImage(path: fixture("images/bmp-\(name).bmp"))
    #expect(image == RGBImage(width: 15, height: 7, pixels: try bytes("images/bmp-\(name).rgb")))
  }

  @Test(
    "A label map of TIFF has the samples as they are stored",
    arguments: ["gray", "palette", "gray16", "gray16-big"])
  func readsTIFFLabels(name: String) throws {
    let stored = try bytes("images/tiff-\(name).labels")
    let labels = stride(from: 0, to: stored.count, by: 2).map { Int(stored[$0]) | Int(stored[$0 + 1]) << 8 }
    #expect(
      try LabelMap(path: fixture("images/tiff-\(name).tif"))
        == LabelMap(width: 16, height: 12, labels: labels))
  }

  @Test(
    "A JPEG is turned by its EXIF orientation, in either byte order", arguments: 1...8, [false, true])
  func turns(orientation: Int, isLittleEndian: Bool) throws {
    let folder = try TemporaryFolder()
    var file = try bytes("images/jpeg-orientation\(orientation).jpg")
    if isLittleEndian { file.replaceEXIF(with: littleEndianEXIF(orientation: UInt8(orientation))) }
    let image = try RGBImage(path: folder.write(file, to: "turned.jpg"))
    let expected = try bytes("images/jpeg-orientation\(orientation).rgb")
    let size = orientation < 5 ? (29, 19) : (19, 29)
    #expect(image == RGBImage(width: size.0, height: size.1, pixels: expected))
  }

  @Test(
    "An EXIF part that makes no sense leaves the picture as it is stored",
    arguments: [
      [], Array("II".utf8), Array("II*\0".utf8) + [0xFF, 0xFF, 0xFF, 0xFF],
      Array("II*\0".utf8) + [8, 0, 0, 0],
      Array("II*\0".utf8) + [8, 0, 0, 0, 0xFF, 0xFF], Array("XX*\0".utf8) + [8, 0, 0, 0, 0, 0],
      littleEndianEXIF(orientation: 0), littleEndianEXIF(orientation: 9),
      littleEndianEXIF(orientation: 6, type: 2), littleEndianEXIF(orientation: 6, count: 0),
      littleEndianEXIF(orientation: 6).dropLast(4),
    ] as [[UInt8]])
  func ignoresBadEXIF(tiff: [UInt8]) throws {
    let folder = try TemporaryFolder()
    var file = try bytes("images/jpeg-orientation6.jpg")
    file.replaceEXIF(with: tiff)
    let image = try RGBImage(path: folder.write(file, to: "exif.jpg"))
    #expect(image == RGBImage(width: 29, height: 19, pixels: try bytes("images/jpeg-orientation1.rgb")))
  }

  @Test("The name of a file does not matter")
  func ignoresName() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes("images/color8.png"), to: "picture.jpg")
    #expect(try RGBImage(path: path).pixels == bytes("images/color8.rgb"))
  }

  @Test(
    "A label map has the samples as they are stored",
    arguments: pngNames.filter { $0.hasPrefix("gray") && !$0.contains("alpha") || $0.hasPrefix("palette") })
  func readsLabels(name: String) throws {
    let stored = try bytes("images/\(name).labels")
    let labels = stride(from: 0, to: stored.count, by: 2).map { Int(stored[$0]) | Int(stored[$0 + 1]) << 8 }
    let map = try LabelMap(path: fixture("images/\(name).png"))
    #expect(map == LabelMap(width: 13, height: 11, labels: labels))
  }
}

/// The bytes of a fixture.
func bytes(_ name: String) throws -> [UInt8] {
  try TestSupport.bytes(of: fixture(name))
}

/// The TIFF part of an EXIF segment whose only tag is the orientation.
func littleEndianEXIF(orientation: UInt8, type: UInt8 = 3, count: UInt8 = 1) -> [UInt8] {
  Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, type, 0, count, 0, 0, 0, orientation, 0, 0, 0]
}

extension [UInt8] {
  /// Puts another TIFF part into the EXIF segment of a JPEG file.
  fileprivate mutating func replaceEXIF(with tiff: [UInt8]) {
    guard let start = indices.first(where: { self[$0] == 0xFF && self[$0 + 1] == 0xE1 }) else { return }
    let length = Int(self[start + 2]) << 8 | Int(self[start + 3])
    let segment = [0xFF, 0xE1, 0, UInt8(8 + tiff.count)] + Array("Exif\0\0".utf8) + tiff
    replaceSubrange(start..<start + 2 + length, with: segment)
  }
}
