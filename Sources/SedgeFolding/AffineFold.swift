// The algebra of every fold into a layer.

package import SedgeTensor

/// Factors and addends around a linear layer that the layer can absorb.
///
/// The layer computes `outputScale * (W (inputScale * x + inputShift) + b)`, which is `W' x + b'` with
/// `W'[o, i] = outputScale[o] W[o, i] inputScale[i]` and
/// `b'[o] = outputScale[o] (b[o] + Σ W[o, i] inputShift[i])`. Computed in float64, rounded once.
package struct AffineFold {
  /// One factor for each input channel.
  package var inputScale: [Double]?
  /// One addend for each input channel.
  package var inputShift: [Double]?
  /// One factor for each output channel.
  package var outputScale: [Double]?

  /// Collects the factors and addends; `nil` for none.
  package init(inputScale: [Double]? = nil, inputShift: [Double]? = nil, outputScale: [Double]? = nil) {
    self.inputScale = inputScale
    self.inputShift = inputShift
    self.outputScale = outputScale
  }

  /// Adds the factors and addends of another fold into the same layer, of other inputs or of the outputs.
  package mutating func combine(with other: AffineFold) {
    let product = { (a: [Double]?, b: [Double]?) in
      guard let a, let b else { return a ?? b }
      return zip(a, b).map { $0 * $1 }
    }
    if let shift = inputShift, let addend = other.inputShift {
      inputShift = zip(shift, addend).map { $0 + $1 }
    } else {
      inputShift = inputShift ?? other.inputShift
    }
    inputScale = product(inputScale, other.inputScale)
    outputScale = product(outputScale, other.outputScale)
  }

  /// The folded weight.
  ///
  /// - Parameter weight: Outputs x (taps x) inputs; channels of the input are the last dimension.
  package func weight(_ weight: Tensor) -> Tensor {
    guard inputScale != nil || outputScale != nil else { return weight }
    let (outputs, channels) = (weight.shape[0], weight.shape[weight.shape.count - 1])
    let row = weight.count / outputs
    var folded = weight
    for output in 0..<outputs {
      let factor = outputScale?[output] ?? 1
      for i in output * row..<(output + 1) * row {
        folded.values[i] = Float(Double(weight.values[i]) * factor * (inputScale?[i % channels] ?? 1))
      }
    }
    return folded
  }

  /// The folded bias, from bias and weight before the fold.
  package func bias(_ bias: Tensor?, weight: Tensor) -> Tensor {
    let (outputs, channels) = (weight.shape[0], weight.shape[weight.shape.count - 1])
    let row = weight.count / outputs
    let values = (0..<outputs).map { output in
      var sum = Double(bias?.values[output] ?? 0)
      if let inputShift {
        for i in 0..<row { sum += Double(weight.values[output * row + i]) * inputShift[i % channels] }
      }
      return Float(sum * (outputScale?[output] ?? 1))
    }
    return Tensor(shape: [outputs], values: values)
  }
}
