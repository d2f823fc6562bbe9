// The choice of bits for each tensor within a budget.

import SedgePlatform
package import SedgeQuantization
import SedgeTensor

/// Searches the bits of each tensor with which an encoded model meets a budget.
///
/// At high rates one bit more divides a tensor's squared error by four, and errors of different tensors add up. By
/// Lagrange's condition the bits are fewest for a given error, and the error is least for given bits, where the error for
/// each weight is the same in every tensor: the bits of a tensor are `½ log2(sensitivity / weights)` plus a level that all
/// share. The search varies the level, and accepts a result only by the measured error or size.
package struct BudgetSearch {
  /// The bits at which sensitivities are measured.
  package static let referenceBits = 4.0
  /// The bits of integer formats; tensors that need more are stored as floats.
  package static let bitLimits = 2.0...11.0
  /// The bits at which an integer format is about as exact as float16, an estimate: 1.06 · 2⁻ᵇ is float16's relative RMS
  /// error of 1.9e-4 at 12.5 bits.
  package static let float16Bits = 12.2
  /// The bits of float32 planes: 24 of sign and mantissa, and about 3 of the exponent.
  package static let losslessBits = 27.0
  /// Bits from which float16 is not exact enough.
  private static let losslessThreshold = 13.7
  /// Bits from which float16 is nearer than the largest integer format: half of the distance.
  private static let float16Threshold = bitLimits.upperBound + 0.6
  /// The bits of float16 planes: 11 of sign and mantissa, and about 3 of the exponent.
  private static let float16Size = 13.9
  /// Encodings that are measured, at most; each takes as long as a conversion.
  private static let attempts = 7
  /// The shares of an error limit and of a size limit from which a result counts as near the limit.
  private static let (nearError, nearSize) = (0.93, 0.997)
  /// The interval of levels within which no further encoding is measured.
  private static let smallestInterval = 0.03
  /// Bits beyond the step that the law of four gives, so that the search ends within the limit: after a miss, and after a
  /// result within it.
  private static let (marginAfterMiss, marginWithin) = (0.05, 0.02)
  /// The largest change of the level in one attempt: the law of four does not hold over more.
  private static let largestStep = 2.0
  /// The levels between which all bits change: below the first every tensor has the fewest bits, above the last the most.
  private static let levels = (least: -60.0, most: 80.0)
  /// Halvings of the interval of levels: more than a `Double` distinguishes.
  private static let halvings = 60

  let items: [BudgetedTensors]

  package init(_ items: [BudgetedTensors]) { self.items = items }

  /// The format of a number of bits.
  package static func form(_ bits: Double) -> TensorFormat {
    bits <= bitLimits.upperBound ? .bits(bits) : bits == float16Bits ? .f16 : .lossless
  }

  /// The bits of each item at a level, in hundredths.
  package func bits(at level: Double) -> [Double] {
    items.map { item in
      let share = max(item.sensitivity, 1e-30) / Double(max(item.weightCount, 1))
      let bits = Self.referenceBits + 0.5 * log2(share) + level
      if bits > Self.losslessThreshold { return Self.losslessBits }
      if item.isFloat || bits > Self.float16Threshold { return Self.float16Bits }
      return (min(max(bits, Self.bitLimits.lowerBound), Self.bitLimits.upperBound) * 100).rounded() / 100
    }
  }

  /// The estimated squared relative error of the scores by each item.
  package func errors(with bits: [Double]) -> [Double] {
    zip(items, bits).map { item, bits in
      bits == Self.losslessBits ? 0 : item.sensitivity * exp2(2 * (Self.referenceBits - bits))
    }
  }

  /// The estimated bytes of all items.
  package func byteCount(with bits: [Double]) -> Double {
    zip(items, bits).reduce(0) { sum, item in
      let size = item.1 == Self.float16Bits ? Self.float16Size : item.1
      return sum + Double(item.0.weightCount) * size / 8
    }
  }

  private func isLeast(_ bits: [Double]) -> Bool { bits == self.bits(at: Self.levels.least) }
  private func isMost(_ bits: [Double]) -> Bool { bits == self.bits(at: Self.levels.most) }

  /// The least level whose bits are not below a target, by bisection.
  ///
  /// - Parameter isBelow: Whether bits are below the target; once false, false for all higher levels.
  private func level(where isBelow: ([Double]) -> Bool) -> Double {
    var (low, high) = Self.levels
    for _ in 0..<Self.halvings {
      let middle = (low + high) / 2
      if isBelow(bits(at: middle)) { low = middle } else { high = middle }
    }
    return high
  }

  // MARK: Errors

  /// Bits whose measured error is within a limit, and near it.
  ///
  /// - Parameters:
  ///   - limit: The limit of the measured error.
  ///   - guess: The relative RMS error of the scores that is expected at the limit.
  ///   - measure: Encodes and runs the model, and returns its error.
  /// - Returns: The last bits with an error within the limit; `nil` where even the most bits exceed it.
  package func bits(
    limit: Double, guess: Double, measure: ([Double]) throws -> Double
  ) rethrows -> [Double]? {
    var level = level { errors(with: $0).reduce(0, +) > guess * guess }
    var best: (level: Double, bits: [Double])?
    var tooFew: Double?
    for _ in 0..<Self.attempts {
      let bits = bits(at: level)
      let measured = try measure(bits)
      let octaves = measured > 0 ? log2(measured / limit) : -2
      if measured <= limit {
        best = (level, bits)
        if measured >= Self.nearError * limit || isLeast(bits) { break }
      } else {
        tooFew = max(tooFew ?? level, level)
        if isMost(bits) { break }
      }
      // Half the error takes one bit more.
      let step = min(max(octaves, -Self.largestStep), Self.largestStep)
      var next = level + step + (octaves > 0 ? Self.marginAfterMiss : Self.marginWithin)
      if let tooFew, let best {
        if best.level - tooFew < Self.smallestInterval { break }
        if next <= tooFew || next >= best.level { next = (tooFew + best.level) / 2 }
      }
      level = next
    }
    return best?.bits
  }

  // MARK: Sizes

  /// Bits with which the encoded tensors are within a number of bytes, and near it.
  ///
  /// - Parameter measure: Encodes the model and returns the tensors' bytes.
  /// - Returns: The bits of the largest measured size within the limit; `nil` where even the fewest bits exceed it.
  package func bits(byteLimit: Int, measure: ([Double]) throws -> Int) rethrows -> [Double]? {
    var target = Double(byteLimit)
    var best: (bits: [Double], byteCount: Int)?
    for _ in 0..<Self.attempts {
      let level = level { byteCount(with: $0) < target } - 1e-9
      let bits = bits(at: level)
      let measured = try measure(bits)
      if measured <= byteLimit, best.map({ measured > $0.byteCount }) ?? true { best = (bits, measured) }
      if measured <= byteLimit && Double(measured) > Self.nearSize * Double(byteLimit) { break }
      if measured > byteLimit, isLeast(bits) { break }
      if measured <= byteLimit, isMost(bits) { break }
      // Estimates are off by nearly the same at the next attempt; the target is a thousandth below the limit.
      target += 0.999 * Double(byteLimit) - Double(measured)
    }
    return best?.bits
  }
}
