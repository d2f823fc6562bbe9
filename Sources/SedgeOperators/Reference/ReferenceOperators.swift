// The operators in plain Swift: the reference for all other implementations.

package import SedgeTensor

/// SED's operators in portable Swift: float32, with wider sums where they matter.
package struct ReferenceOperators: Operators {
  /// The number of output elements of a piece of work: large enough to hide its overhead, small enough to occupy all cores.
  static let grain = 16_384

  /// `reference`.
  package let name = "reference"

  /// Creates the operators, which have no state.
  package init() {}

  /// Multiplies with packed weights, in blocks of 256 inputs.
  package func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(input.shape.last == inputs, "\(input.shape) x \(weight.shape)")
    let matrix = PackedMatrix(weight.values.span, outputs: outputs, inputs: inputs)
    let rowCount = input.count / inputs
    let rowsAPart = max(4, Self.grain / max(inputs, outputs) / 4 * 4)
    let boundaries = Workers.equalParts(of: rowCount, size: rowsAPart)
    let values = Workers().filled(count: rowCount * outputs, boundaries: boundaries.map { $0 * outputs }) {
      part, output in
      let rows = boundaries[part] * inputs..<boundaries[part + 1] * inputs
      matrix.multiply(
        input.values.span.extracting(rows), bias: bias?.values.span, activation: activation, into: &output)
    }
    return Tensor(shape: input.shape.dropLast() + [outputs], values: values)
  }

  /// Adds in float32.
  package func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
    precondition(branch.shape == accumulator.shape)
    let channels = branch.shape.last ?? 1
    let boundaries = Workers.equalParts(of: branch.count, size: max(1, Self.grain / channels) * channels)
    Workers().update(&accumulator.values, boundaries: boundaries) { part, output in
      let addend = branch.values.span.extracting(boundaries[part]..<boundaries[part + 1])
      if let scale = scale?.values.span {
        var i = 0
        while i < output.count {
          for channel in 0..<channels { output[i + channel] += addend[i + channel] * scale[channel] }
          i += channels
        }
      } else {
        for i in output.indices { output[i] += addend[i] }
      }
    }
  }
}
