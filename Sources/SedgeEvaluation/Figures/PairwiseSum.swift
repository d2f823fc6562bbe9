// The sum of numbers in NumPy's order.

extension [Double] {
  /// The sum, added in the order of `numpy.sum`, so that figures equal those of a NumPy program to the last bit.
  ///
  /// Up to 7 numbers are added in turn, up to 128 in eight interleaved sums, and halves of more are summed alone.
  ///
  /// Source: NumPy, `pairwise_sum` in `loops_utils.h.src`.
  package var pairwiseSum: Double { Self.pairwiseSum(self[...]) }

  private static func pairwiseSum(_ values: ArraySlice<Double>) -> Double {
    let count = values.count
    if count < 8 { return values.reduce(0, +) }
    guard count <= 128 else {
      let half = count / 2 - count / 2 % 8
      return pairwiseSum(values.prefix(half)) + pairwiseSum(values.dropFirst(half))
    }
    let wholeCount = count - count % 8
    var sums = Array(values.prefix(8))
    for (place, value) in values.prefix(wholeCount).dropFirst(8).enumerated() { sums[place % 8] += value }
    let first = (sums[0] + sums[1]) + (sums[2] + sums[3])
    let second = (sums[4] + sums[5]) + (sums[6] + sums[7])
    return values.dropFirst(wholeCount).reduce(first + second, +)
  }
}
