// The round-to-nearest baseline of a sweep.

package import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
package import SedgeTensor

/// A model whose large matrices are rounded to the nearest multiple of a step, the same for a row: its largest
/// magnitude over 2^(bits - 1) - 1. All other weights are unchanged.
///
/// No file is written; sizes are those that a file would have: the bits of the codes, 4 bytes for each row's step, and
/// float32 for all other weights.
package final class RoundToNearestWeights: WeightOverlay {
  package let base: any WeightSource
  private let bits: Int

  /// Rounds weights to a number of bits, 2...16.
  package init(_ weights: any WeightSource, bits: Int) {
    precondition((2...16).contains(bits))
    base = weights
    self.bits = bits
  }

  /// Bytes of all weights, without names and rows of zeros.
  package func byteCount() throws -> Int {
    try modelTensors.reduce(0) { sum, tensor in
      guard Self.isRounded(tensor) else { return sum + 4 * tensor.elementCount }
      let (rows, columns) = matrixExtents(of: tensor.shape)
      let kept = try base.values(of: tensor).keptRowCount(rows: rows)
      return sum + (bits * kept * columns + 7) / 8 + 4 * kept
    }
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    var values = try base.values(of: tensor)
    guard Self.isRounded(tensor) else { return values }
    let (rows, columns) = matrixExtents(of: tensor.shape)
    let largestCode = Float(1 << (bits - 1) - 1)
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      let step = values.values[range].reduce(0) { max($0, abs($1)) } / largestCode
      guard step > 0 else { continue }
      for i in range { values.values[i] = (values.values[i] / step).rounded(.toNearestOrEven) * step }
    }
    return values
  }

  /// Whether a tensor is stored as int8 in a raw int8 file.
  private static func isRounded(_ tensor: ModelTensor) -> Bool {
    CodecRule(for: tensor, requested: .int8, storage: .raw).choice == .int8
  }
}

extension Tensor {
  /// The number of rows that are not all zeros, where the elements are a matrix of `rows` rows.
  package func keptRowCount(rows: Int) -> Int {
    let columns = count / max(rows, 1)
    return (0..<rows).count { row in values[row * columns..<(row + 1) * columns].contains { $0 != 0 } }
  }
}
