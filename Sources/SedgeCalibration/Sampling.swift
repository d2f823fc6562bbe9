// The sampling of a layer's input vectors.

/// A stratified sample of a run's vectors: one at a pseudorandom place in each of equal parts.
///
/// Places at equal distances would share columns of an image, or a phase of a transposed convolution's output.
package struct Sampling {
  /// The number of vectors of a run.
  var count: Int
  /// The largest number of samples.
  var limit: Int
  /// The seed of the pseudorandom places.
  var seed: UInt64

  /// Collects the settings.
  package init(count: Int, limit: Int, seed: UInt64) {
    (self.count, self.limit, self.seed) = (count, limit, seed)
  }

  /// The samples within a range of vectors, ascending.
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
