// Numbers of reports as text.

/// A number with enough digits for comparisons: three significant ones where it has an exponent, else five decimals.
package func figure(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  var (mantissa, exponent) = (abs(value), 0)
  if mantissa != 0, mantissa < 1e-3 || mantissa >= 1e6 {
    while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    mantissa = (mantissa * 100).rounded() / 100
  } else {
    mantissa = (mantissa * 1e5).rounded() / 1e5
  }
  let digits = mantissa == mantissa.rounded() ? String(Int(mantissa)) : "\(mantissa)"
  return (value < 0 ? "-" : "") + digits + (exponent == 0 ? "" : "e\(exponent)")
}
