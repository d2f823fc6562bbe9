// Sums of the errors of all layers.

import SedgeOperators
import SedgeTensor

/// Adds up the errors of layers over all runs of them.
struct LayerMeter {
  private struct Sums {
    var reference = 0.0
    var local = 0.0
    var accumulated = 0.0
    var noise = LayerError.leastNoise
  }

  private let operators: any Operators
  private let plain = ReferenceOperators()
  private var names: [String] = []
  private var sums: [String: Sums] = [:]

  /// Measures with these operators, and the noise with those of the reference beside them.
  init(_ operators: any Operators) { self.operators = operators }

  /// Adds one operation of the source and the same one as stored.
  mutating func add(source: LayerRun, stored: LayerRun) {
    precondition(source.layer == stored.layer && source.output.shape == stored.output.shape)
    var sums = sums[source.layer] ?? Sums()
    if self.sums[source.layer] == nil {
      names.append(source.layer)
      if let sample = source.sampledInput {
        let noise = Deviation(
          reference: source.compute(plain, sample).values, actual: source.compute(operators, sample).values)
        sums.noise = max(sums.noise, noise.relativeRMS.isFinite ? noise.relativeRMS : 0)
      }
    }
    let local = source.input.map { stored.compute(operators, $0) } ?? stored.output
    for i in source.output.values.indices {
      let expected = Double(source.output.values[i])
      let (own, all) = (Double(local.values[i]) - expected, Double(stored.output.values[i]) - expected)
      sums.reference += expected * expected
      sums.local += own * own
      sums.accumulated += all * all
    }
    self.sums[source.layer] = sums
  }

  /// The errors of all layers, in the order of the forward pass.
  var errors: [LayerError] {
    names.map { name in
      let sums = sums[name] ?? Sums()
      let relative = { (square: Double) in square == 0 ? 0 : (square / sums.reference).squareRoot() }
      return LayerError(
        name: name, local: relative(sums.local), accumulated: relative(sums.accumulated), noise: sums.noise)
    }
  }
}
