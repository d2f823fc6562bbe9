// Random numbers for tests, and random damage.

/// Random numbers that are the same every time (SplitMix64; Steele, Lea and Flood, 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// Starts a sequence.
  package init(state: UInt64) { self.state = state }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Overwrites one to four places with values that break formats most often.
  package mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<4, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = .random(in: 0...255, using: &self)
      case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
      default:
        let value = UInt64.random(in: 0...UInt64(bytes.count) * 2, using: &self)
        for i in 0..<min(8, bytes.count - place) {
          bytes[place + i] = UInt8(truncatingIfNeeded: value >> (8 * i))
        }
      }
    }
  }

  /// Overwrites, removes or doubles bytes in one to four places.
  package mutating func mutateOrShift(_ bytes: inout [UInt8]) {
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = .random(in: 0...255, using: &self)
      case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
      case 3: bytes.remove(at: place)
      default: bytes.insert(bytes[place], at: place)
      }
    }
  }
}
