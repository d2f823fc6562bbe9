// Pictures are turned by their metadata as Pillow turns them.

import Foundation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Orientation")
struct OrientationTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let file: Data
    let width: Int
    let height: Int
    let pixels: Data
    var testDescription: String { name }
    var image: RGBImage { RGBImage(width: width, height: height, pixels: [UInt8](pixels)) }
  }

  /// Files with all kinds of metadata, and what `ImageOps.exif_transpose` makes of them (`Fixtures/images/make_formats.py`).
  static func cases() throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: Data(bytes("images/orientations.json")))
  }

  @Test("A picture is turned as Pillow's exif_transpose turns it", arguments: try cases())
  func turns(_ input: Case) throws {
    let folder = try TemporaryFolder()
    #expect(try RGBImage(path: folder.write([UInt8](input.file), to: "picture")) == input.image)
  }

  @Test("The cases turn a picture in all eight ways and leave it in many")
  func coversAll() throws {
    let cases = try Self.cases()
    #expect(Set(cases.map(\.pixels)).count >= 8)
    #expect(cases.count { $0.width == 3 } > 30 && cases.count { $0.width == 5 } > 30)
  }

  @Test(
    "Metadata that make no sense leave a picture as it is stored",
    arguments: ["eXIf", "zTXt", "iTXt", "tEXt"])
  func passesOver(chunk: String) throws {
    let folder = try TemporaryFolder()
    let png = try bytes("images/color8.png")
    let profile = Array("Raw profile type exif\0".utf8)
    let odd: [[UInt8]] = [
      [], [0], Array("II*\0".utf8), profile, profile + [0], profile + [0, 1, 2, 3],
      profile + Array("\n\n\n4".utf8),
      profile + Array("\n\n\nzz".utf8), Array("XML:com.adobe.xmp\0\u{1}\0\0\0 no deflate".utf8),
      Array("XML:com.adobe.xmp\0\0\0\0\0tiff:Orientation=\"".utf8), Array("XML:com.adobe.xmp\0".utf8),
    ]
    for data in odd {
      let length = UInt32(data.count)
      let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + Array(chunk.utf8)
      let file = Array(png[..<33]) + head + data + [0, 0, 0, 0] + Array(png[33...])
      #expect(
        try RGBImage(path: folder.write(file, to: "odd")).pixels == bytes("images/color8.rgb"), "\(data)")
    }
  }

  @Test("A label map of PNG is read as it is stored, one of TIFF as it is seen")
  func turnsLabels() throws {
    let folder = try TemporaryFolder()
    let png = try bytes("images/gray8.png")
    let exif: [UInt8] =
      [0, 0, 0, 26] + Array("eXIf".utf8) + littleEndianEXIF(orientation: 6) + [0, 0, 0, 0] + [0, 0, 0, 0]
    let path = try folder.write(Array(png[..<33]) + exif + Array(png[33...]), to: "turned.png")
    #expect(try LabelMap(path: path) == LabelMap(path: fixture("images/gray8.png")))
    // 2 x 1 pixels, 7 and 9, to be turned clockwise.
    let entries: [(UInt8, UInt8, UInt8)] = [
      (0, 3, 2), (1, 3, 1), (2, 3, 8), (3, 3, 1), (6, 3, 1), (17, 4, 8), (18, 3, 6),
    ]
    var tiff = Array("II*\0".utf8) + [10, 0, 0, 0, 7, 9, UInt8(entries.count) + 1, 0]
    for (tag, type, value) in entries { tiff += [tag, 1, type, 0, 1, 0, 0, 0, value, 0, 0, 0] }
    tiff += [23, 1, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0] + [0, 0, 0, 0]
    let map = try LabelMap(path: folder.write(tiff, to: "turned.tif"))
    #expect(map == LabelMap(width: 1, height: 2, labels: [7, 9]))
  }
}
