// One figure of the data, of its resamples, and of the data without some pictures; and its interval.

/// A figure as measured and as the bootstrap and the jackknife see it.
///
/// ## The interval
///
/// The resampled values give the interval its shape. Its width is that of Student's distribution, with two thirds of the
/// jackknife's standard error and a third of the bootstrap's: with the measured value v, the resampled values' mean m, deviation
/// d and quantiles q, the jackknife's standard error j, Student's quantile t and n pictures,
///
///     v + (q(2.5 %) - m) · t s / (1.96 d)   to   v + (q(97.5 %) - m) · t s / (1.96 d)
///     s = (2 j + d sqrt(n / (n - 1))) / 3
///
/// Plain percentiles are too narrow for few pictures, and BCa fails for means over classes, because a resample may lack a rare
/// class; for the same reason the bootstrap's error is too small for them and the jackknife's a little too large.
/// docs/evaluation.md has the coverage of each.
package struct ResampledFigure: Hashable, Sendable {
  /// Intervals need at least so many pictures.
  package static let leastPictureCount = 5

  /// The measured value.
  package var measured: Double?
  /// The value of each resample; NaN where it is not defined.
  package var resampled: [Double]
  /// The value without each jackknife group of pictures; NaN where it is not defined.
  package var leftOut: [Double]
  /// The pictures that take part: those with a pixel of the classes in the truth.
  package var pictureCount: Int
  /// The values that are possible.
  package var range: ClosedRange<Double>

  /// The figure less another one of the same resamples; not defined where one of the two is not.
  package func minus(_ other: ResampledFigure) -> ResampledFigure {
    precondition(resampled.count == other.resampled.count && leftOut.count == other.leftOut.count)
    var difference = self
    difference.measured = measured.flatMap { value in other.measured.map { value - $0 } }
    difference.resampled = zip(resampled, other.resampled).map { $0 - $1 }
    difference.leftOut = zip(leftOut, other.leftOut).map { $0 - $1 }
    difference.pictureCount = min(pictureCount, other.pictureCount)
    difference.range =
      (range.lowerBound - other.range.upperBound)...(range.upperBound - other.range.lowerBound)
    return difference
  }

  /// The interval of 95 %.
  ///
  /// `nil` with less than ``leastPictureCount`` pictures, or where the value rests on one picture alone.
  package var interval: Interval? {
    guard let measured, pictureCount >= Self.leastPictureCount, let jackknife = jackknifeError else {
      return nil
    }
    let values = resampled.filter { !$0.isNaN }.sorted()
    guard values.count > 1, let smallest = values.first, let largest = values.last else { return nil }
    if smallest == largest { return Interval(low: measured, high: measured) }
    let mean = smallest + values.reduce(0) { $0 + ($1 - smallest) } / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let (deviation, count) = (variance.squareRoot(), Double(leftOut.count))
    let error = (2 * jackknife + deviation * (count / (count - 1)).squareRoot()) / 3
    let student = studentQuantile(degreesOfFreedom: min(pictureCount, leftOut.count) - 1)
    let scale = student * error / (normalQuantile * deviation)
    func end(_ share: Double) -> Double {
      let value = measured + (quantile(share, ofSorted: values) - mean) * scale
      return min(max(value, range.lowerBound), range.upperBound)
    }
    return Interval(low: end(0.025), high: end(0.975))
  }

  /// The jackknife's standard error; `nil` where a value without a group of pictures is not defined.
  private var jackknifeError: Double? {
    guard leftOut.count > 1, !leftOut.contains(where: \.isNaN) else { return nil }
    let count = Double(leftOut.count)
    let first = leftOut[0]
    let mean = first + leftOut.reduce(0) { $0 + ($1 - first) } / count
    let squares = leftOut.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares * (count - 1) / count).squareRoot()
  }
}

/// A quantile of ascending values, linear between two of them (NumPy's default).
package func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  let place = share * Double(values.count - 1)
  let index = min(Int(place), values.count - 1)
  let next = min(index + 1, values.count - 1)
  return values[index] + (values[next] - values[index]) * (place - Double(index))
}
