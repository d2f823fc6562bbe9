// The proof of a fold: the outputs of a layer before and after it, on the same synthetic input, in float32.

package import SedgeArchitecture
import SedgeOperators
import SedgeRunner
package import SedgeTensor

/// Runs layers on probe inputs and compares their outputs.
package struct FoldProbe {
  private let operators = ReferenceOperators()
  /// Rows of the probe input, as many as are summed at once.
  static let rowCount = SIMD8<Double>.scalarCount

  /// Makes the probe; it has no state.
  package init() {}

  /// Compares a layer fed with `inputScale * x + inputShift` and followed by `outputScale` with its folded form.
  ///
  /// Both sum K products in float32. Rounding moves each sum by about sqrt(K) units in the last place of the sum of
  /// the products' magnitudes; four times that, and no more, passes.
  ///
  /// - Parameter isPixels: Whether the layer's inputs are pixels of 0...255, not the output of a norm.
  package func certificate(
    _ fold: AffineFold, weight: Tensor, bias: Tensor?, isPixels: Bool
  ) -> FoldRecord.Certificate {
    let outputs = weight.shape[0]
    let inputs = weight.count / outputs
    let channels = weight.shape[weight.shape.count - 1]
    let matrix = weight.reshaped([outputs, inputs])
    let input = isPixels ? Self.pixels(inputs: inputs) : Self.normalized(inputs: inputs)

    var scaled = input
    for i in scaled.values.indices {
      if let factor = fold.inputScale?[i % channels] { scaled.values[i] *= Float(factor) }
      if let addend = fold.inputShift?[i % channels] { scaled.values[i] += Float(addend) }
    }
    var before = operators.linear(scaled, weight: matrix, bias: bias, activation: .identity)
    if let outputScale = fold.outputScale {
      for i in before.values.indices { before.values[i] *= Float(outputScale[i % outputs]) }
    }
    let after = operators.linear(
      input, weight: fold.weight(weight).reshaped([outputs, inputs]), bias: fold.bias(bias, weight: weight),
      activation: .identity)

    // The magnitudes of the probe's rows, one row in each lane.
    let bounds = (0..<inputs).map { i in
      let (scale, shift) = (
        abs(fold.inputScale?[i % channels] ?? 1), abs(fold.inputShift?[i % channels] ?? 0)
      )
      var bound = SIMD8<Double>.zero
      for row in 0..<Self.rowCount {
        bound[row] = abs(Double(input.values[row * inputs + i])) * scale + shift
      }
      return bound
    }
    var largestSum = 0.0
    for output in 0..<outputs {
      var sums = SIMD8(repeating: abs(Double(bias?.values[output] ?? 0)))
      for i in 0..<inputs { sums += abs(Double(matrix.values[output * inputs + i])) * bounds[i] }
      largestSum = max(largestSum, sums.max() * abs(fold.outputScale?[output] ?? 1))
    }
    let units = 4 * Double(inputs).squareRoot()
    return certificate(before, after, tolerance: Float(units * Double(Float.ulpOfOne) * largestSum))
  }

  /// Compares class attention of the original with its simplified form.
  ///
  /// They differ in the order of a few sums and in a division undone by a multiplication: 64 units in the last place
  /// of the largest output pass.
  func certificate(of block: ClassBlock) -> FoldRecord.Certificate {
    let input = Self.normalized(inputs: 3 * 4 * block.width).reshaped([Self.rowCount * 3, 2, 2, block.width])
    let guidance =
      block.guidanceWidth == 0
      ? nil
      : Self.normalized(inputs: 3 * block.guidanceWidth).reshaped([Self.rowCount * 3, block.guidanceWidth])
    let before = block(input, guidance: guidance, simplified: false, operators: operators)
    let after = block(input, guidance: guidance, simplified: true, operators: operators)
    let largest = before.values.reduce(0) { max($0, abs($1)) }
    return certificate(before, after, tolerance: 64 * Float.ulpOfOne * largest)
  }

  /// Compares unit vectors with the same divided by their length once more; two units in the last place pass.
  func certificate(unitVectorsOf width: Int) -> FoldRecord.Certificate {
    let after = operators.normalizeLength(Self.normalized(inputs: width))
    return certificate(operators.normalizeLength(after), after, tolerance: 2 * Float.ulpOfOne)
  }

  private func certificate(_ before: Tensor, _ after: Tensor, tolerance: Float) -> FoldRecord.Certificate {
    var (difference, magnitude): (Float, Float) = (0, 0)
    for (a, b) in zip(before.values, after.values) {
      // A comparison with NaN must fail, not be skipped.
      let distance = abs(a - b)
      if !(distance <= difference) { difference = distance.isNaN ? .infinity : distance }
      magnitude = max(magnitude, abs(a))
    }
    return FoldRecord.Certificate(
      largestDifference: difference, largestMagnitude: magnitude, tolerance: tolerance)
  }

  /// Values of about mean 0 and variance 1, like the output of a norm; always the same.
  private static func normalized(inputs: Int) -> Tensor {
    var generator = SplitMix64(state: 1)
    let values = (0..<rowCount * inputs).map { _ in
      (0..<12).reduce(Float(-6)) { sum, _ in sum + generator.nextUnit() }
    }
    return Tensor(shape: [rowCount, inputs], values: values)
  }

  /// Values in 0...255; always the same.
  private static func pixels(inputs: Int) -> Tensor {
    var generator = SplitMix64(state: 2)
    return Tensor(
      shape: [rowCount, inputs], values: (0..<rowCount * inputs).map { _ in 255 * generator.nextUnit() })
  }
}
