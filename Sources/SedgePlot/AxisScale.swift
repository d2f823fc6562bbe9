// The scale of an axis, and its ticks.

import SedgePlatform

/// An axis laid out on a stretch of the picture.
struct AxisScale {
  private let isLogarithmic: Bool
  /// The values at the ends, in logarithms where the axis is logarithmic.
  private let lower: Double
  private let upper: Double
  /// The places of the ends.
  private let start: Double
  private let end: Double
  /// The place of values that a logarithmic axis does not have; `nil` where there are none.
  let zeroPlace: Double?

  /// Values up to this count as 0 on a logarithmic axis, so that ratios stay finite.
  private static let zero = 1e-150
  /// The part of the stretch that is left free at either end.
  private static let padding = 0.06
  /// The part of the stretch that the line for 0 takes.
  private static let zeroShare = 0.12

  /// Lays an axis out so that all values fit.
  ///
  /// - Parameters:
  ///   - values: Finite numbers.
  ///   - start: The place of small values.
  ///   - end: The place of large values.
  init(_ axis: Axis, values: [Double], start: Double, end: Double) {
    isLogarithmic = axis.scale == .logarithmic
    let positive = values.filter { $0 > Self.zero }
    let hasZero = isLogarithmic && positive.count < values.count
    let known = isLogarithmic ? positive.map { log10($0) } : values
    var (lower, upper) = (known.min() ?? 0, known.max() ?? 1)
    if upper - lower < 1e-9 * max(abs(lower), abs(upper), 1) {
      let margin = isLogarithmic ? 0.5 : max(abs(lower) * 0.1, 1e-9)
      (lower, upper) = (lower - margin, upper + margin)
    }
    let margin = (upper - lower) * Self.padding
    (self.lower, self.upper) = (lower - margin, upper + margin)
    self.start = hasZero ? start + (end - start) * Self.zeroShare : start
    self.end = end
    zeroPlace = hasZero ? start + (end - start) * Self.zeroShare / 3 : nil
  }

  /// The place of a value.
  func place(_ value: Double) -> Double {
    if isLogarithmic, value <= Self.zero { return zeroPlace ?? start }
    let value = isLogarithmic ? log10(value) : value
    return start + (value - lower) / (upper - lower) * (end - start)
  }

  /// The values to label, ascending: about `count`, at least two.
  func ticks(about count: Int) -> [Double] {
    guard isLogarithmic else { return Self.linearTicks(lower, upper, about: count) }
    let least = powerOfTen(Int(lower.rounded(.down)))
    let decades = Int((upper - lower).rounded(.up)) + 1
    let steps: [[Double]] = [
      [1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
    ]
    for step in steps {
      var ticks = (0...decades).flatMap { decade in step.map { $0 * least * powerOfTen(decade) } }
        .filter { (lower...upper).contains(log10($0)) }
      guard ticks.count >= min(4, count) else { continue }
      // Every second, every third... decade where there are too many.
      let stride = (ticks.count + count - 1) / max(count, 1)
      if step.count == 1, stride > 1 {
        ticks = ticks.filter { Int(log10($0).rounded()).isMultiple(of: stride) }
      }
      return ticks
    }
    return Self.linearTicks(powered(lower), powered(upper), about: count)
  }

  private func powered(_ exponent: Double) -> Double { pow(10, exponent) }

  private static func linearTicks(_ lower: Double, _ upper: Double, about count: Int) -> [Double] {
    let rough = (upper - lower) / Double(max(count, 1))
    guard rough.isFinite, rough > 0 else { return [] }
    let unit = powerOfTen(Int(log10(rough).rounded(.down)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * unit }.first { $0 >= rough * 0.999 } ?? rough
    // A stretch that is small against its distance from 0 has no round numbers.
    guard let first = Int(exactly: (lower / step).rounded(.up)),
      let last = Int(exactly: (upper / step).rounded(.down))
    else { return [] }
    return first <= last ? (first...last).map { Double($0) * step } : []
  }
}
