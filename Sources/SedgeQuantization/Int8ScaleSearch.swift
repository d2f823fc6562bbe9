// The search for the scale of a row with the least squared error.

internal import SedgeTensor

extension Int8Codec {
  /// Candidates are these parts of the scale that reaches the largest element: 32/32, 31/32 ... 8/32.
  static let candidateFractions: [Float] = (8...32).reversed().map { Float($0) / 32 }
  /// Below this scale reciprocals come near their overflow; such rows take it without a search.
  static let smallestSearchedScale: Float = 0x1p-100
  /// Elements whose sums are kept in float32: each of eight lanes adds 1,024 squares of codes, exactly.
  private static let blockCount = 8192

  /// The scale for a row: the squared error is never larger than with `max|w| / 127`.
  ///
  /// Each candidate rounds the row to codes `q`; the scale that fits these codes best is `Σwq / Σq²`. The
  /// candidate with the least error after that is taken, the first of equals. A row of zeros has the scale 0.
  package static func scale(for row: Span<Float>) -> Float {
    let largest = largestMagnitude(row)
    guard largest > 0 else { return 0 }
    let full = min(max(largest / largestCode, .leastNonzeroMagnitude), largestScale)
    guard full >= smallestSearchedScale else { return full }
    var best = (error: Double.infinity, scale: full)
    for fraction in candidateFractions {
      let fit = refit(row, scale: full * fraction)
      if fit.error < best.error { best = fit }
    }
    // The sums of the search are rounded; the promise is kept in the decoder's own arithmetic.
    let isBetter = squaredError(row, scale: best.scale) <= squaredError(row, scale: full)
    return isBetter ? best.scale : full
  }

  /// Writes the codes of a row: the nearest multiples of its scale.
  static func round(
    _ row: Span<Float>, scale: Float, into codes: inout MutableSpan<UInt8>, at offset: Int
  ) {
    for i in stride(from: 0, to: row.count, by: FloatVector.scalarCount) {
      let integers = SIMD8<Int32>((row.vector(at: i) / scale).nearestCode)
      let bytes = SIMD8<UInt8>(truncatingIfNeeded: integers)
      for lane in 0..<min(FloatVector.scalarCount, row.count - i) { codes[offset + i + lane] = bytes[lane] }
    }
  }

  /// The best scale for the codes that `scale` gives, and the squared error with it.
  ///
  /// With `u = w / scale` and `e = u - q` the best scale is `scale * (1 + Σqe / Σq²)` and its error is
  /// `scale² * (Σe² - (Σqe)² / Σq²)`, where no large numbers cancel.
  private static func refit(_ row: Span<Float>, scale: Float) -> (error: Double, scale: Float) {
    let reciprocal = 1 / scale
    var squareSum = 0.0
    var productSum = 0.0
    var errorSum = 0.0
    for start in stride(from: 0, to: row.count, by: blockCount) {
      var squares = FloatVector.zero
      var products = FloatVector.zero
      var errors = FloatVector.zero
      var i = start
      let end = min(start + blockCount, row.count)
      while i < end {
        let u = row.vector(at: i) * reciprocal
        let q = u.nearestCode
        let e = u - q
        squares += q * q
        products += q * e
        errors += e * e
        i += FloatVector.scalarCount
      }
      squareSum += squares.wideSum
      productSum += products.wideSum
      errorSum += errors.wideSum
    }
    let shift = productSum / squareSum
    let error = Double(scale) * Double(scale) * (errorSum - productSum * shift)
    return (error, min(Float(Double(scale) * (1 + shift)), largestScale))
  }

  private static func largestMagnitude(_ row: Span<Float>) -> Float {
    var largest = FloatVector.zero
    for i in stride(from: 0, to: row.count, by: FloatVector.scalarCount) {
      largest = largest.larger(row.vector(at: i).magnitude)
    }
    return largest.max()
  }

  /// The squared error that decoding will have, summed in float64.
  static func squaredError(_ row: Span<Float>, scale: Float) -> Double {
    var sums = SIMD8<Double>.zero
    for i in stride(from: 0, to: row.count, by: FloatVector.scalarCount) {
      let w = row.vector(at: i)
      let error = SIMD8<Double>(w) - SIMD8<Double>((w / scale).nearestCode * scale)
      sums += error * error
    }
    return sums.sum()
  }
}
