// LayerNorm on the kernels.

import SedgeOperators
import SedgeTensor

/// A LayerNorm, with scale and shift where they are not folded.
struct FusedNorm {
  private let kernels: Kernels
  private let scale: FloatBuffer?
  private let shift: FloatBuffer?
  let epsilon: Float

  /// Whether there is neither scale nor shift.
  var isPlain: Bool { scale == nil && shift == nil }

  init(_ norm: Norm, _ kernels: Kernels) {
    self.kernels = kernels
    scale = norm.scale.map { FloatBuffer($0.values) }
    shift = norm.shift.map { FloatBuffer($0.values) }
    epsilon = norm.epsilon
  }

  /// Normalizes rows of a buffer in place.
  func callAsFunction(_ buffer: FloatBuffer, _ rowCount: Int, width: Int) {
    self(buffer, at: 0, rowCount, width: width, into: buffer, at: 0)
  }

  /// Normalizes rows.
  func callAsFunction(
    _ buffer: FloatBuffer, at start: Int, _ rowCount: Int, width: Int, into output: FloatBuffer, at place: Int
  ) {
    kernels.layerNorm(
      buffer, at: start, rowCount: rowCount, width: width, scale: scale, shift: shift, epsilon: epsilon,
      into: output, at: place)
  }
}
