// How often each picture occurs in each resample.

/// Random numbers that are the same every time (SplitMix64; Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
struct SplitMix64 {
  private var state: UInt64

  init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number of [0, 1) with 53 bits.
  mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// The weights of one resample, picture by picture: N draws with replacement from N pictures.
///
/// The weights are multinomial. Picture i takes a binomial number of the draws that are left, each with the probability
/// 1 / (N - i), by inversion. Only multiplication, division, addition and comparison are used, which round alike on every
/// machine; so the weights depend on the seed, the index of the resample and N alone.
package struct ResampleWeights {
  private var generator: SplitMix64
  private var drawsLeft: Int
  private var picturesLeft: Int

  package init(seed: UInt64, resample: Int, pictureCount: Int) {
    var mixer = SplitMix64(state: seed)
    mixer = SplitMix64(state: mixer.next() ^ UInt64(resample))
    generator = SplitMix64(state: mixer.next())
    (drawsLeft, picturesLeft) = (pictureCount, pictureCount)
  }

  /// How often the next picture occurs.
  package mutating func next() -> Int {
    precondition(picturesLeft > 0)
    let pictures = picturesLeft
    picturesLeft -= 1
    guard pictures > 1, drawsLeft > 0 else {
      defer { drawsLeft = 0 }
      return drawsLeft
    }
    let odds = 1 / Double(pictures - 1)
    var probability = power(Double(pictures - 1) / Double(pictures), drawsLeft)
    var below = generator.nextUnit() - probability
    var count = 0
    while below >= 0, count < drawsLeft {
      probability *= odds * Double(drawsLeft - count) / Double(count + 1)
      below -= probability
      count += 1
    }
    drawsLeft -= count
    return count
  }
}

/// A power by repeated squaring.
func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
