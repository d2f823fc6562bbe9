// Bits given out to tensors, so that the output's error or the file's size is what was asked for.

package import SedgeArchitecture
import SedgeContainer
import SedgePlatform
package import SedgeQuantization
import SedgeTensor

/// Tensors whose bits can be chosen: one of many weights, or all small ones of a kind.
package struct BudgetedTensors: Sendable {
  package var tensors: [ModelTensor]
  /// Whether they are floats in any case.
  package var isFloat: Bool
  /// Elements of rows that are not all zeros.
  package var weightCount: Int
  /// The squared relative error of the scores with these tensors alone coded in ``BudgetSearch/referenceBits``.
  package var sensitivity: Double
  /// The squared error of the weights then.
  package var squaredError: Double

  package init(
    tensors: [ModelTensor], isFloat: Bool = false, weightCount: Int, sensitivity: Double, squaredError: Double
  ) {
    (self.tensors, self.isFloat, self.weightCount) = (tensors, isFloat, weightCount)
    (self.sensitivity, self.squaredError) = (sensitivity, squaredError)
  }
}

/// Finds the bits of each tensor.
///
/// At rates that matter a bit more divides a tensor's squared error by four, and errors of different tensors add up. So
/// the sum of bits is least for a given error, and the error for a given sum, where every tensor causes the same error
/// for each of its weights (Lagrange): a tensor's bits are `½ log2(sensitivity / weights)` and a constant, the same for
/// all, which is what is searched for. What comes out is run, and only what was measured counts.
package struct BudgetSearch {
  /// What sensitivities are measured with.
  package static let referenceBits = 4.0
  /// Bits that integers have; what wants more becomes floats.
  package static let bitLimits = 2.0...11.0
  /// The bits of integers that would be as exact as float16, which stands for it.
  package static let float16Bits = 12.2
  /// Stands for weights that are kept as they are.
  package static let losslessBits = 27.0
  /// From so many bits on a tensor is kept as it is.
  private static let losslessThreshold = 13.7
  /// Bits that trained weights take as float16.
  private static let float16Size = 13.9
  /// Codings that are run, at most.
  private static let attempts = 7
  /// How near to the budget is near enough: a share of it.
  private static let nearness = 0.93

  let items: [BudgetedTensors]

  package init(_ items: [BudgetedTensors]) { self.items = items }

  /// The form that bits stand for.
  package static func form(_ bits: Double) -> TensorFormat {
    bits <= bitLimits.upperBound ? .bits(bits) : bits == float16Bits ? .f16 : .lossless
  }

  /// Bits of each item where the constant is `level`.
  package func bits(at level: Double) -> [Double] {
    items.map { item in
      let share = max(item.sensitivity, 1e-30) / Double(max(item.weightCount, 1))
      let bits = Self.referenceBits + 0.5 * log2(share) + level
      if bits > Self.losslessThreshold { return Self.losslessBits }
      if item.isFloat || bits > Self.bitLimits.upperBound + 0.6 { return Self.float16Bits }
      return (min(max(bits, Self.bitLimits.lowerBound), Self.bitLimits.upperBound) * 100).rounded() / 100
    }
  }

  /// The squared relative error of the scores that bits would cause, of each item.
  package func errors(with bits: [Double]) -> [Double] {
    zip(items, bits).map { item, bits in
      bits == Self.losslessBits ? 0 : item.sensitivity * exp2(2 * (Self.referenceBits - bits))
    }
  }

  /// The bytes that bits would take.
  package func byteCount(with bits: [Double]) -> Double {
    zip(items, bits).reduce(0) { sum, item in
      let size = item.1 == Self.float16Bits ? Self.float16Size : item.1
      return sum + Double(item.0.weightCount) * size / 8
    }
  }

  private static let levels = (least: -60.0, most: 80.0)
  private func isLeast(_ bits: [Double]) -> Bool { bits == self.bits(at: Self.levels.least) }
  private func isMost(_ bits: [Double]) -> Bool { bits == self.bits(at: Self.levels.most) }

  /// The least level at which bits are enough, of what falls or grows with it.
  private func level(where isBelow: ([Double]) -> Bool) -> Double {
    var (low, high) = Self.levels
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if isBelow(bits(at: middle)) { low = middle } else { high = middle }
    }
    return high
  }

  // MARK: Errors

  /// Bits with which the measured error is within a limit, and near it.
  ///
  /// - Parameters:
  ///   - limit: Of what `measure` returns.
  ///   - guess: The relative RMS error of the scores that this limit is expected to be.
  ///   - measure: Codes and runs the model.
  /// - Returns: The last bits that were measured within the limit; `nil` where not even the most are.
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
        if measured >= Self.nearness * limit || isLeast(bits) { break }
      } else {
        tooFew = max(tooFew ?? level, level)
        if isMost(bits) { break }
      }
      // An error of half the size takes a bit more.
      var next = level + min(max(octaves, -2), 2) + (octaves > 0 ? 0.05 : 0.02)
      if let tooFew, let best {
        if best.level - tooFew < 0.03 { break }
        if next <= tooFew || next >= best.level { next = (tooFew + best.level) / 2 }
      }
      level = next
    }
    return best?.bits
  }

  // MARK: Sizes

  /// Bits with which the coded tensors have at most so many bytes, and nearly as many.
  ///
  /// - Parameter measure: Codes the model and returns the tensors' bytes.
  /// - Returns: `nil` where not even the fewest bits are few enough.
  package func bits(byteLimit: Int, measure: ([Double]) throws -> Int) rethrows -> [Double]? {
    var target = Double(byteLimit)
    var best: (bits: [Double], byteCount: Int)?
    for _ in 0..<Self.attempts {
      let level = level { byteCount(with: $0) < target } - 1e-9
      let bits = bits(at: level)
      let measured = try measure(bits)
      if measured <= byteLimit, best.map({ measured > $0.byteCount }) ?? true { best = (bits, measured) }
      if measured <= byteLimit && Double(measured) > 0.997 * Double(byteLimit) { break }
      if measured > byteLimit, isLeast(bits) { break }
      if measured <= byteLimit, isMost(bits) { break }
      target += 0.999 * Double(byteLimit) - Double(measured)
    }
    return best?.bits
  }
}
