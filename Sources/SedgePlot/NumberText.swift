// Numbers as text, the same everywhere.

import SedgePlatform

/// A number with so many decimals at most, zeros at its end left out; without any from 10^15 on.
func decimalText(_ value: Double, decimals: Int) -> String {
  let scale = powerOfTen(decimals)
  guard abs(value) < 1e15, let whole = Int(exactly: (abs(value) * scale).rounded()) else { return "\(value)" }
  let sign = value < 0 && whole > 0 ? "-" : ""
  var fraction = Array(String(whole % Int(scale)))
  fraction = Array(repeating: "0", count: max(decimals - fraction.count, 0)) + fraction
  while fraction.last == "0" { fraction.removeLast() }
  let integer = "\(sign)\(whole / Int(scale))"
  return decimals == 0 || fraction.isEmpty ? integer : "\(integer).\(String(fraction))"
}

/// A number with so many significant digits at most; as a power of ten where it is very small or large.
package func numberText(_ value: Double, digits: Int = 3) -> String {
  guard !(abs(value) < 1e-300) else { return "0" }
  guard value.isFinite else { return value < 0 ? "−∞" : value > 0 ? "∞" : "?" }
  var exponent = Int(log10(abs(value)).rounded(.down))
  // What rounds up to the next power of ten has its exponent.
  if abs(value) / powerOfTen(exponent) >= 10 - 5 / powerOfTen(digits) { exponent += 1 }
  if (-3...5).contains(exponent) {
    return decimalText(value, decimals: max(digits - 1 - exponent, 0))
  }
  let mantissa = decimalText(value / powerOfTen(exponent), decimals: digits - 1)
  let power = "10" + superscript(exponent)
  return mantissa == "1" ? power : mantissa == "-1" ? "-\(power)" : "\(mantissa)·\(power)"
}

/// A value in an axis's unit.
func text(_ value: Double, unit: Axis.Unit) -> String {
  switch unit {
  case .number: return numberText(value)
  case .percent: return "\(numberText(100 * value))%"
  case .bytes:
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    for (size, name) in units where abs(value) >= 0.9995 * size {
      return "\(numberText(value / size)) \(name)"
    }
    return "\(numberText(value)) B"
  }
}

/// 10ⁿ; the closest number for |n| up to 22.
func powerOfTen(_ exponent: Int) -> Double {
  let power = (0..<abs(exponent)).reduce(1.0) { product, _ in product * 10 }
  return exponent < 0 ? 1 / power : power
}

private func superscript(_ number: Int) -> String {
  let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
  return String(String(number).map { $0.wholeNumberValue.map { digits[$0] } ?? "⁻" })
}

/// The width of a text in a sans-serif font, in units of the font's size; an estimate, rather too wide.
func textWidth(_ text: String) -> Double {
  text.reduce(0) { width, character in
    switch character {
    case "i", "j", "l", "I", "|", ".", ",", ":", ";", "'", "!", "t", "f", "r", " ", "(", ")", "/", "·":
      width + 0.34
    case "m", "w", "M", "W", "%", "@": width + 0.9
    case "A"..."Z": width + 0.7
    case _ where character.isASCII: width + 0.57
    case "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻": width + 0.4
    default: width + 1
    }
  }
}
