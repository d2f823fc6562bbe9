// Elementwise functions, including their extremes.

import SedgeOperators
import SedgePlatform
import SedgeTensor
import Testing

@Suite("Activations")
struct ActivationTests {
  /// One activation after a linear layer with weights of 1; `outputs` copies of each value.
  private func applied(
    _ activation: Activation, to values: [Float], outputs: Int = 1, _ set: OperatorSet
  ) -> [Float] {
    set.operators.linear(
      Tensor(shape: [values.count, 1], values: values),
      weight: Tensor(shape: [outputs, 1], values: [Float](repeating: 1, count: outputs)), bias: nil,
      activation: activation
    ).values
  }

  // x/2 (1 + erf(x / sqrt 2)) in float64. In float32, 1 + erf rounds to a multiple of 2^-24 near -1, so that the
  // result may be off by some roundoffs of x, not of itself.
  @Test(
    "GELU in its exact form",
    arguments: operatorSets,
    [
      (-100, 0), (-20, 0), (-10, 0), (-5, -1.43325786e-06), (-3, -0.00404969409), (-1, -0.158655254),
      (-0.5, -0.154268769), (0, 0), (0.5, 0.345731231), (1, 0.841344746), (3, 2.99595031), (5, 4.99999857),
      (10, 10), (100, 100), (1e30, 1e30),
    ] as [(Float, Double)])
  func gelu(set: OperatorSet, values: (input: Float, expected: Double)) {
    let result = Double(applied(.gelu, to: [values.input], set)[0])
    #expect(abs(result - values.expected) <= 4 * Naive.roundoff * Double(abs(values.input)))
  }

  @Test("GELU in whole vectors and in parts of one", arguments: operatorSets, [1, 5, 16, 37])
  func geluEverywhere(set: OperatorSet, outputs: Int) {
    let inputs = (-8000...8000).map { Float($0) / 1000 }
    let values = applied(.gelu, to: inputs, outputs: outputs, set)
    var outliers = 0
    for (row, input) in inputs.enumerated() {
      let x = Double(input)
      let expected = x / 2 * (1 + erf(x / 2.0.squareRoot()))
      for value in values[row * outputs..<(row + 1) * outputs]
      where !(abs(Double(value) - expected) <= 4 * Naive.roundoff * abs(x)) { outliers += 1 }
    }
    #expect(outliers == 0)
  }

  // x sigmoid(1.702 x) in float64. The product 1.702 x is rounded, which moves the sigmoid by at most a quarter of that; the
  // exponential rounds about twice, the sum, the quotient and the product once each.
  @Test(
    "QuickGELU at its extremes", arguments: operatorSets,
    [
      (-1e30, 0), (-100, 0), (-60, 0), (-20, -3.29341024e-14), (-10, -4.05796129e-07), (-3, -0.0180713097),
      (-1, -0.154204234), (-0.0, 0), (0, 0), (0.5, 0.350388437), (1, 0.845795766), (3, 2.98192869),
      (10, 9.99999959), (20, 20), (100, 100), (1e30, 1e+30),
    ] as [(Float, Double)])
  func quickGELU(set: OperatorSet, values: (input: Float, expected: Double)) {
    let result = Double(applied(.quickGELU, to: [values.input], set)[0])
    #expect(abs(result - values.expected) <= 6 * Naive.roundoff * Double(abs(values.input)))
  }

  @Test("QuickGELU in whole vectors and in parts of one", arguments: operatorSets, [1, 5, 16, 37])
  func quickGELUEverywhere(set: OperatorSet, outputs: Int) {
    let inputs = (-8000...8000).map { Float($0) / 500 }
    let values = applied(.quickGELU, to: inputs, outputs: outputs, set)
    var outliers = 0
    for (row, input) in inputs.enumerated() {
      let x = Double(input)
      let expected = x / (1 + exp(-1.702 * x))
      // Of the result itself, but for the rounding of the exponent, which counts |1.702 x| times below 0.
      let bound = (8 + 2 * max(0, -1.702 * x)) * Naive.roundoff * abs(expected)
      for value in values[row * outputs..<(row + 1) * outputs] where !(abs(Double(value) - expected) <= bound)
      {
        outliers += 1
      }
    }
    #expect(outliers == 0)
  }

  @Test("The sigmoid of large inputs is a probability")
  func sigmoidOfExtremes() {
    #expect(sigmoid(0) == 0.5)
    #expect(sigmoid(100) == 1)
    #expect(sigmoid(.infinity) == 1)
    #expect(sigmoid(-.infinity) == 0)
    #expect((0...1e-38).contains(sigmoid(-100)))
    #expect(sigmoid(.greatestFiniteMagnitude) == 1)
    #expect(sigmoid(-.greatestFiniteMagnitude) == 0)
    // 1 / (1 + e^-1) in float64.
    #expect(abs(Double(sigmoid(1)) - 0.731_058_578_630_004_9) <= 4 * Naive.roundoff)
    #expect(abs(Double(sigmoid(-1)) - 0.268_941_421_369_995_1) <= 4 * Naive.roundoff)
  }

  @Test(
    "ReLU keeps positive values",
    arguments: operatorSets, [(-1, 0), (0, 0), (2, 2), (-1e30, 0), (1e30, 1e30)] as [(Float, Float)])
  func relu(set: OperatorSet, values: (input: Float, expected: Float)) {
    #expect(applied(.relu, to: [values.input], set) == [values.expected])
  }

  @Test("NaN stays NaN", arguments: operatorSets, [Activation.identity, .relu, .gelu, .quickGELU])
  func notANumber(set: OperatorSet, activation: Activation) {
    #expect(applied(activation, to: [.nan], set)[0].isNaN)
  }
}
