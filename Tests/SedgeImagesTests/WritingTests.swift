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

@Suite("Palettes and heat maps")
struct PaletteTests {
  @Test("PASCAL VOC's colours are those of its development kit")
  func voc() {
    // Colours 0 to 20 and the border's, as VOCcode lists them.
    let expected: [Int: [UInt8]] = [
      0: [0, 0, 0], 1: [128, 0, 0], 2: [0, 128, 0], 3: [128, 128, 0], 4: [0, 0, 128], 5: [128, 0, 128],
      6: [0, 128, 128], 7: [128, 128, 128], 8: [64, 0, 0], 15: [192, 128, 128], 16: [0, 64, 0],
      20: [0, 64, 128], 255: [224, 224, 192],
    ]
    for (index, color) in expected {
      #expect(Palette.vocColors[index] == RGBColor(color[0], color[1], color[2]), "\(index)")
    }
  }

  @Test("The colours of levels become brighter evenly")
  func ramp() {
    #expect(HeatMap.ramp.count == 256)
    #expect(HeatMap.ramp[0] == RGBColor(0x44, 0x01, 0x54))
    #expect(HeatMap.ramp[255] == RGBColor(0xFD, 0xE7, 0x25))
    // CIE L*, from linear sRGB and D65.
    func lightness(_ color: RGBColor) -> Double {
      func linear(_ sample: UInt8) -> Double {
        let value = Double(sample) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      let luminance = 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
      return 116 * cbrt(luminance) - 16
    }
    let levels = HeatMap.ramp.map(lightness)
    let steps = stride(from: 16, to: 256, by: 16).map { levels[$0] - levels[$0 - 16] }
    let mean = (levels[255] - levels[0]) * 16 / 255
    #expect(steps.allSatisfy { abs($0 - mean) < 0.35 * mean }, "\(steps)")
  }

  @Test("Numbers become 256 levels; what is beyond the range or no number is its nearer end or 0")
  func levels() throws {
    let map = HeatMap(width: 7, height: 1, values: [0, 1, 0.5, -1, 2, .nan, 0.25])
    #expect(map.levels == [0, 255, 128, 0, 255, 0, 64])
    let folder = try TemporaryFolder()
    try map.writePNG(to: folder.file("h.png"))
    #expect(try LabelMap(path: folder.file("h.png")).labels == map.levels.map(Int.init))
    #expect(try RGBImage(path: folder.file("h.png"))[x: 1, y: 0] == RGBColor(0xFD, 0xE7, 0x25))
  }
}
