// Numbers as text; no number traps, whatever a file or a model made of it.

import SedgeTensor
import SedgeVerification

/// A number with `digits` decimals; in powers of ten from 10^12 on, where decimals say nothing.
func decimalText(_ value: Double, digits: Int) -> String {
  let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
  guard value.isFinite, abs(value) < 1e12, let whole = Int(exactly: (abs(value) * Double(scale)).rounded())
  else { return figure(value) }
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(whole)" }
  let fraction = String(whole % scale)
  return "\(sign)\(whole / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// A share as percent with `digits` decimals.
func percentText(_ share: Double, digits: Int = 2) -> String {
  decimalText(share * 100, digits: digits) + "%"
}

/// A number with a separator every three digits.
func countText(_ count: Int) -> String {
  var digits = Array(String(count.magnitude))
  for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
  return (count < 0 ? "-" : "") + String(digits)
}

/// A rounded number with a separator every three digits.
func countText(_ value: Double) -> String {
  Int(exactly: value.rounded()).map { countText($0) } ?? figure(value)
}

/// Bytes in decimal units, as file managers show them.
func bytesText(_ count: Int) -> String {
  let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")]
  for (size, unit) in units where count >= size {
    let tenths = count / (size / 10) + (count % (size / 10) >= size / 20 ? 1 : 0)
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
  return "\(count) bytes"
}

/// Bits with two decimals.
func bitsText(_ bits: Double) -> String { decimalText(bits, digits: 2) }

/// A time in the two largest units that say something: `40 s`, `12 min`, `3 h 20 min`.
func durationText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return figure(seconds) + " s" }
  if seconds < 90 { return "\(Int(max(seconds, 0).rounded(.up))) s" }
  let minutes = Int((seconds / 60).rounded())
  return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
}
