// Logarithmic scales of colours and of charts.

import SedgePlatform

/// A logarithmic scale over positive values, in whole decades for charts.
struct LogScale {
  let lower: Double
  let upper: Double

  /// A scale that spans the positive ones of values, or from 0.1 to 1 where there are none.
  ///
  /// - Parameters:
  ///   - isWhole: Whether it begins and ends with whole decades.
  ///   - decades: The most decades; smaller values are at the lower end.
  init(_ values: [Double], isWhole: Bool = false, decades: Double = .infinity) {
    let positive = values.filter { $0 > 1e-300 && $0 < 1e300 }
    let (low, high) = (log10(positive.min() ?? 0.1), log10(positive.max() ?? 1))
    guard isWhole else {
      (lower, upper) = (max(low, high - decades), max(high, low + 1e-9))
      return
    }
    lower = low.rounded(.down)
    upper = max(high.rounded(.up), lower + 1)
  }

  /// The value at the lower end.
  var least: Double { pow(10, lower) }

  /// The place of a value: 0 at the lower end, 1 at the upper one.
  func place(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    return min(max((log10(value) - lower) / (upper - lower), 0), 1)
  }

  /// The step of a value among those of ``HeatLevel``; 0 for a value of 0.
  func level(_ value: Double) -> Int {
    if value.isNaN { return HeatLevel.count }
    guard value > 0 else { return 0 }
    return min(1 + Int(place(value) * Double(HeatLevel.count)), HeatLevel.count)
  }

  /// The decades within the scale.
  var decades: [Int] { lower <= upper ? Array(Int(lower.rounded(.up))...Int(upper.rounded(.down))) : [] }
}

/// A power of ten as a text.
func powerText(_ exponent: Int) -> String {
  switch exponent {
  case 0: return "1"
  case -1: return "0.1"
  case 1: return "10"
  default:
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + String(String(exponent).map { $0.wholeNumberValue.map { digits[$0] } ?? "⁻" })
  }
}
