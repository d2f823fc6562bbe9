// Numbers of a page as text.

import SedgePlot

/// Texts of numbers, for people.
enum Number {
  /// Three significant digits, as a power of ten where it is very small or large.
  static func short(_ value: Double) -> String { value < 0 ? "−" + numberText(-value) : numberText(value) }

  static func short(_ value: Double, digits: Int) -> String { numberText(value, digits: digits) }

  /// A share with as many decimals as tell it from all and nothing, at most four.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return numberText(share) }
    let rest = min(abs(share), abs(1 - share)) * 100
    let decimals = rest == 0 ? 0 : rest >= 10 ? 1 : rest >= 0.1 ? 2 : rest >= 0.01 ? 3 : 4
    return percent(share, decimals: decimals)
  }

  static func percent(_ share: Double, decimals: Int) -> String {
    "\(fixed(share * 100, decimals: decimals))%"
  }

  /// A number with so many decimals.
  static func fixed(_ value: Double, decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    guard value.isFinite, abs(value) < 1e12, let whole = Int(exactly: (abs(value) * scale).rounded())
    else { return numberText(value) }
    let sign = value < 0 && whole > 0 ? "−" : ""
    guard decimals > 0 else { return sign + count(whole) }
    let fraction = String(whole % Int(scale))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(count(whole / Int(scale))).\(zeros)\(fraction)"
  }

  /// A whole number with a separator every three digits.
  static func count(_ count: Int) -> String {
    var digits = Array(String(count.magnitude))
    for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
    return (count < 0 ? "−" : "") + String(digits)
  }

  /// A number that ought to be a whole one, such as a report's.
  static func count(_ value: Double) -> String {
    abs(value) < 1e15 ? count(Int(value.rounded())) : numberText(value)
  }

  /// A whole number and what is counted: `1 picture`, `3 pictures`.
  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(count(number)) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// Bytes in decimal units.
  static func bytes(_ number: Double) -> String {
    for (size, unit) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where abs(number) >= 0.9995 * size {
      return "\(numberText(number / size)) \(unit)"
    }
    return "\(count(number)) byte\(number == 1 ? "" : "s")"
  }

  static func bytes(_ number: Int) -> String { bytes(Double(number)) }

  /// How many times as large: `1,550,000 ×`.
  static func times(_ value: Double) -> String {
    guard value.isFinite, value >= 10, value < 1e9 else { return "\(numberText(value)) ×" }
    return "\(count(Int(Double(numberDigits(value)) ?? value))) ×"
  }

  /// A large number rounded to three digits, written out.
  private static func numberDigits(_ value: Double) -> String {
    var (scale, rest) = (1.0, value)
    while rest >= 1000 { (scale, rest) = (scale * 10, rest / 10) }
    return "\(rest.rounded() * scale)"
  }

  /// A number for the coordinates of a drawing; 0 for one that no drawing has.
  static func place(_ value: Double) -> String {
    guard abs(value) < 1e12 else { return "0" }
    let tenths = Int((value * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }
}
