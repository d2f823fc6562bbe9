// Pictures brought to CLIP's size, bit for bit as Pillow does it.

import Foundation
import SedgeRunner
import TestSupport
import Testing

/// What Pillow makes of one picture, by `Fixtures/make_clip.py`.
struct ResizedPicture: Sendable, CustomTestStringConvertible {
  var height: Int
  var width: Int
  var side: Int
  /// FNV-1a of the square's bytes.
  var checksum: UInt64

  var testDescription: String { "\(height) x \(width) to \(side)" }

  init?(_ line: Substring) {
    let fields = line.split(separator: "\t")
    guard fields.count == 4, let height = Int(fields[0]), let width = Int(fields[1]),
      let side = Int(fields[2]), let checksum = UInt64(fields[3], radix: 16)
    else { return nil }
    (self.height, self.width, self.side, self.checksum) = (height, width, side, checksum)
  }

  static func all() throws -> [ResizedPicture] {
    try String(contentsOfFile: fixture("clip/resize.tsv"), encoding: .utf8).split(separator: "\n")
      .compactMap { ResizedPicture($0) }
  }
}

/// The pictures whose resampling is recorded, by the formula of `Fixtures/make_clip.py` and `Fixtures/make_preprocessing.py`.
func noise(height: Int, width: Int) -> [UInt8] {
  (0..<height * width * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 16) }
}

func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

@Suite("Pillow's resampling")
struct PillowResamplerTests {
  @Test("Noise of any size becomes the square that Pillow makes of it", arguments: try ResizedPicture.all())
  func square(of picture: ResizedPicture) {
    let square = PillowResampler(.bicubic).centerSquare(
      noise(height: picture.height, width: picture.width), height: picture.height, width: picture.width,
      side: picture.side)
    #expect(square.count == picture.side * picture.side * 3)
    #expect(fnv1a(square) == picture.checksum)
  }

  @Test("The list has every case")
  func complete() throws {
    #expect(try ResizedPicture.all().count == 37 * 4)
  }

  @Test("A picture of the right size stays as it is, and of a longer one the middle is taken")
  func middle() {
    let pixels = noise(height: 32, width: 40)
    var cut: [UInt8] = []
    for y in 0..<32 { cut += pixels[(y * 40 + 4) * 3..<(y * 40 + 36) * 3] }
    #expect(PillowResampler(.bicubic).centerSquare(pixels, height: 32, width: 40, side: 32) == cut)
    let square = Array(pixels.prefix(32 * 32 * 3))
    #expect(PillowResampler(.bicubic).centerSquare(square, height: 32, width: 32, side: 32) == square)
  }

  @Test("One colour stays that colour", arguments: [0, 1, 128, 254, 255] as [UInt8])
  func flat(value: UInt8) {
    for (height, width) in [(1, 1), (7, 90), (300, 40)] {
      let pixels = [UInt8](repeating: value, count: height * width * 3)
      let square = PillowResampler(.bicubic).centerSquare(pixels, height: height, width: width, side: 64)
      #expect(square.allSatisfy { $0 == value })
    }
  }
}
