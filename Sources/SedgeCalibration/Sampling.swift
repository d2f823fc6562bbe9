// Which of a layer's many input vectors are looked at.

/// A choice of at most so many of a run's vectors: one at a made-up place in each of equal parts.
///
/// Places at equal distances would all be in the same columns of an image, or in the same phase of what a transposed
/// convolution put out.
package struct Sampling {
  /// Vectors of a run.
  var count: Int
  /// The most that are chosen.
  var limit: Int
  /// Another one makes other choices.
  var seed: UInt64

  /// Collects the settings.
  package init(count: Int, limit: Int, seed: UInt64) {
    (self.count, self.limit, self.seed) = (count, limit, seed)
  }

  /// The choice among some of the vectors, ascending.
  package func samples(in range: Range<Int>) -> [Int] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count && limit > 0)
    guard limit < count, !range.isEmpty else { return Array(range) }
    var result: [Int] = []
    var part = max(0, range.lowerBound * limit / count - 1)
    while part < limit, part * count / limit < range.upperBound {
      let (start, end) = (part * count / limit, (part + 1) * count / limit)
      let place = start + Int(mixed(UInt64(part)) % UInt64(end - start))
      if range.contains(place) { result.append(place) }
      part += 1
    }
    return result
  }

  /// Steele, Lea and Flood's mixing of bits ("Fast splittable pseudorandom number generators", 2014).
  private func mixed(_ number: UInt64) -> UInt64 {
    var z = (number &+ seed &* 0xD1B5_4A32_D192_ED03 &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
