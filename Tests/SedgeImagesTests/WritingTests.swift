// What is written is read again as it was, and the same input makes the same bytes.

import Foundation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Writing pictures")
struct WritingTests {
  @Test("A picture written as PNG is read again sample for sample", arguments: [(1, 1), (7, 3), (64, 65)])
  func roundTrip(width: Int, height: Int) throws {
    let folder = try TemporaryFolder()
    let pixels = (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 11) }
    let image = RGBImage(width: width, height: height, pixels: pixels)
    try image.writePNG(to: folder.file("a.png"))
    #expect(try RGBImage(path: folder.file("a.png")) == image)
    #expect(try folder.contents() == ["a.png"])
  }

  @Test(
    "A label map takes 8 bits up to 255 and 16 above, and is read again as it was",
    arguments: [(0, 8), (255, 8), (256, 16), (65535, 16)])
  func roundTripOfLabels(largest: Int, bitDepth: UInt8) throws {
    let folder = try TemporaryFolder()
    let labels = (0..<35).map { $0 == 17 ? largest : min($0, largest) }
    let map = LabelMap(width: 7, height: 5, labels: labels)
    try map.writePNG(to: folder.file("labels.png"))
    let file = try Data(contentsOf: URL(fileURLWithPath: folder.file("labels.png")))
    #expect(file[24] == bitDepth)
    #expect(file[25] == 0, "the colour type is gray")
    #expect(try LabelMap(path: folder.file("labels.png")) == map)
  }

  @Test("The same picture makes the same bytes")
  func isDeterministic() throws {
    let folder = try TemporaryFolder()
    let image = try RGBImage(path: fixture("images/jpeg-444.jpg"))
    try image.writePNG(to: folder.file("a.png"))
    try image.writePNG(to: folder.file("b.png"))
    #expect(FileManager.default.contentsEqual(atPath: folder.file("a.png"), andPath: folder.file("b.png")))
  }

  @Test("A folder that is not there is refused and nothing is left behind")
  func refusesMissingFolder() throws {
    let folder = try TemporaryFolder()
    let image = RGBImage(width: 2, height: 2, color: RGBColor(1, 2, 3))
    let path = folder.file("none/a.png")
    let error = try #require(throws: FormatError.self) { try image.writePNG(to: path) }
    #expect(error == FormatError(.cannotWrite(reason: "No such file or directory"), path: path))
    #expect(try folder.contents() == [])
  }
}
