// The random numbers of probe inputs.

/// Steele, Lea and Flood's generator ("Fast splittable pseudorandom number generators", 2014).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in 0..<1, a multiple of 2⁻²⁴.
  mutating func nextUnit() -> Float {
    Float(next() >> 40) * 0x1p-24
  }
}
