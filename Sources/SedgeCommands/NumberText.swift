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

/// A count and its noun, such as `1 picture` or `1,200 pictures`.
func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(countText(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// A count in three digits, such as `88.2 M` or `657 k`.
func magnitudeText(_ count: Int) -> String { shortText(count, ["k", "M", "G", "T"]) ?? "\(count)" }

/// Bytes in three digits, such as `88.2 MB` or `657 kB`.
func shortBytesText(_ count: Int) -> String { shortText(count, ["kB", "MB", "GB", "TB"]) ?? "\(count) B" }

/// A count over the largest power of 1000 below it, with a decimal under 100; `nil` for one below 1000.
private func shortText(_ count: Int, _ units: [String]) -> String? {
  guard count >= 1000 else { return nil }
  var (value, unit) = (Double(count) / 1000, 0)
  while value >= 999.5, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
  return "\(decimalText(value, digits: value < 99.95 ? 1 : 0)) \(units[unit])"
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
