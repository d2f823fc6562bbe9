// Pictures of the program, for users without their own.

public import SedgeImages

/// Deterministic pictures with smooth colours, edges and texture at several scales.
public struct SyntheticPicture: Sendable {
  /// Two pictures of different shapes and contents, by name.
  public static var all: [NamedImage] {
    [
      NamedImage(
        name: "synthetic 1 (256 x 192)", image: SyntheticPicture(seed: 1).drawn(width: 256, height: 192)),
      NamedImage(
        name: "synthetic 2 (200 x 300)", image: SyntheticPicture(seed: 2).drawn(width: 200, height: 300)),
    ]
  }

  /// Eight pictures for calibration, by name.
  static var calibration: [NamedImage] {
    (1...8).map {
      NamedImage(name: "synthetic \($0)", image: SyntheticPicture(seed: $0).drawn(width: 512, height: 384))
    }
  }

  private let seed: Int

  private init(seed: Int) { self.seed = seed }

  /// Bands of two grounds, discs and squares of flat colours on them, and grain over everything.
  private func drawn(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let grain = Int(hash(x, y) % 17) - 8
        for value in color(x: x, y: y, width: width, height: height) {
          pixels.append(UInt8(min(max(value + grain, 0), 255)))
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private func color(x: Int, y: Int, width: Int, height: Int) -> [Int] {
    for shape in 0..<6 {
      let h = hash(shape, 1000 + shape)
      let (cx, cy) = (Int(h % UInt64(width)), Int(h >> 16 % UInt64(height)))
      let radius = min(width, height) / 12 + Int(h >> 32 % UInt64(min(width, height) / 8))
      let (dx, dy) = (x - cx, y - cy)
      let isInside = shape % 2 == 0 ? dx * dx + dy * dy < radius * radius : max(abs(dx), abs(dy)) < radius
      if isInside { return [Int(h >> 40 & 255), Int(h >> 48 & 255), Int(h >> 56 & 255)] }
    }
    let horizon = height * (3 + seed) / 8 + (x - width / 2) / 8
    if y < horizon { return [90 + 80 * y / height, 140 + 60 * y / height, 230] }
    let stripe = (x / (4 + seed) + y / 3) % 4 * 12
    return [70 + stripe, 120 + stripe - 30 * (y - horizon) / height, 50 + stripe / 2]
  }

  private func hash(_ a: Int, _ b: Int) -> UInt64 {
    var z =
      UInt64(truncatingIfNeeded: a &* 0x1F12_3BB5 &+ b &* 0x05F1_89A3 &+ seed &* 0x2545_F491)
      &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
