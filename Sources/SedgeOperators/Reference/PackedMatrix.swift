// The matrix product of the reference operators.

/// A packed weight matrix `O x I`: panels of eight outputs, input by input.
struct PackedMatrix: Sendable {
  /// The number of outputs of a panel.
  static let panelWidth = 8
  /// The number of inputs that are summed before the sum is added to the total, which limits rounding errors.
  static let blockLength = 256

  let outputs: Int
  let inputs: Int
  private let panels: [SIMD8<Float>]

  /// Packs row-major weights; the last panel is padded with zeros.
  init(_ weight: Span<Float>, outputs: Int, inputs: Int) {
    precondition(weight.count == outputs * inputs)
    self.outputs = outputs
    self.inputs = inputs
    let panelCount = (outputs + Self.panelWidth - 1) / Self.panelWidth
    var panels = [SIMD8<Float>](repeating: .zero, count: panelCount * inputs)
    for panel in 0..<panelCount {
      let lanes = min(Self.panelWidth, outputs - panel * Self.panelWidth)
      for lane in 0..<lanes {
        let row = (panel * Self.panelWidth + lane) * inputs
        for i in 0..<inputs { panels[panel * inputs + i][lane] = weight[row + i] }
      }
    }
    self.panels = panels
  }

  /// `output = activation(rows · weightᵀ + bias)`.
  ///
  /// - Parameters:
  ///   - rows: `R x inputs`, row-major.
  ///   - output: `R x outputs`, row-major.
  func multiply(
    _ rows: Span<Float>, bias: Span<Float>?, activation: Activation, into output: inout MutableSpan<Float>
  ) {
    let rowCount = rows.count / max(inputs, 1)
    precondition(rowCount * inputs == rows.count && rowCount * outputs == output.count)
    var quad = [SIMD4<Float>](repeating: .zero, count: inputs)
    var first = 0
    while first < rowCount {
      // The last row stands in for missing rows, whose results are not stored.
      let offsets = SIMD4<Int>(
        first, min(first + 1, rowCount - 1), min(first + 2, rowCount - 1), min(first + 3, rowCount - 1))
      var packed = quad.mutableSpan
      for i in 0..<inputs {
        packed[i] = SIMD4(
          rows[offsets[0] * inputs + i], rows[offsets[1] * inputs + i], rows[offsets[2] * inputs + i],
          rows[offsets[3] * inputs + i])
      }
      multiply(quad.span, firstRow: first, rowCount: min(4, rowCount - first), bias: bias, into: &output)
      first += 4
    }
    apply(activation, to: &output)
  }

  /// Multiplies four rows, interleaved input by input, with every panel.
  private func multiply(
    _ quad: Span<SIMD4<Float>>, firstRow: Int, rowCount: Int, bias: Span<Float>?,
    into output: inout MutableSpan<Float>
  ) {
    let panels = panels.span
    for panel in 0..<(outputs + Self.panelWidth - 1) / Self.panelWidth {
      var total = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
      var block = 0
      while block < inputs {
        var sum = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
        let end = min(block + Self.blockLength, inputs)
        for i in block..<end {
          let weights = panels[panel * inputs + i]
          let inputs = quad[i]
          sum.0 += weights * inputs[0]
          sum.1 += weights * inputs[1]
          sum.2 += weights * inputs[2]
          sum.3 += weights * inputs[3]
        }
        total.0 += sum.0
        total.1 += sum.1
        total.2 += sum.2
        total.3 += sum.3
        block = end
      }
      let column = panel * Self.panelWidth
      for lane in 0..<min(Self.panelWidth, outputs - column) {
        let shift = bias?[column + lane] ?? 0
        let at = firstRow * outputs + column + lane
        output[at] = total.0[lane] + shift
        if rowCount > 1 { output[at + outputs] = total.1[lane] + shift }
        if rowCount > 2 { output[at + 2 * outputs] = total.2[lane] + shift }
        if rowCount > 3 { output[at + 3 * outputs] = total.3[lane] + shift }
      }
    }
  }
}
