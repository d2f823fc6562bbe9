// A norm's shift that replaces the bias of the layer that reads it.

import SedgeArchitecture
import SedgeTensor

/// The shift β of a norm that replaces the bias b of the layer that reads it: `W (x + β) = W x + b`.
///
/// The shortest β that brings `W β` closest to `b`; `b` is met where the layer has no more outputs than inputs and its
/// rows are independent, or where it was made of a shift in the first place and `W` was not changed since.
package struct SolvedShift: Hashable, Sendable {
  /// The norm.
  package let norm: String
  /// The layer.
  package let layer: String
  /// One number for each input of the layer.
  package let values: [Float]
  /// The length of `W β - b` over that of `b`, with β rounded to float32; 0 where `b` is zero.
  package let residual: Double

  /// The largest residual that rounding explains: half of what verification allows a float32 layer (`tap-rms`).
  ///
  /// β and its products are rounded: where large products cancel, the residual is larger.
  package static let largestResidual = 1e-5

  /// The shift's name in the checkpoint.
  package let tensor: String
  /// Whether the shift replaces the bias exactly, except for rounding.
  package var isExact: Bool { residual <= Self.largestResidual }

  /// Solves for the shift.
  ///
  /// - Parameters:
  ///   - weight: Outputs x inputs.
  ///   - bias: One number for each output.
  init(norm: NormPath, layer: LayerPath, weight: Tensor, bias: Tensor) {
    self.norm = norm.name
    self.layer = layer.name
    tensor = norm.shift.name
    let inputs = weight.shape[1]
    let rows = (0..<weight.shape[0]).map { row in
      weight.values[row * inputs..<(row + 1) * inputs].map(Double.init)
    }
    let b = bias.values.map(Double.init)
    // Rows that differ by no more than the rounding of their elements are not independent.
    let shift = shortestLeastSquares(rows, b, cutoff: Double(inputs).squareRoot() * 0x1p-24).map { Float($0) }
    var (misses, squares) = (0.0, 0.0)
    for (row, wanted) in zip(rows, b) {
      let found = zip(row, shift).reduce(0) { $0 + $1.0 * Double($1.1) }
      misses += (found - wanted) * (found - wanted)
      squares += wanted * wanted
    }
    values = shift
    residual = misses == 0 ? 0 : (misses / squares).squareRoot()
  }
}
