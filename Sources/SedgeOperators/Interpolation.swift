// Linear interpolation tables.

/// The two input lines that an output line interpolates, in float32 as in PyTorch.
package struct Interpolation {
  package var lower: Int
  package var upper: Int
  /// The share of `upper`.
  package var weight: Float

  /// The interpolation of each output line.
  package static func table(from inputs: Int, to outputs: Int, _ resampling: Resampling) -> [Interpolation] {
    (0..<outputs).map { i in
      let position: Float
      switch resampling {
      case .halfPixel:
        position = max(0, Float(inputs) / Float(outputs) * (Float(i) + 0.5) - 0.5)
      case .alignedCorners:
        position = outputs > 1 ? Float(inputs - 1) / Float(outputs - 1) * Float(i) : 0
      }
      let lower = min(Int(position), inputs - 1)
      return Interpolation(
        lower: lower, upper: min(lower + 1, inputs - 1), weight: min(max(position - Float(lower), 0), 1))
    }
  }
}
