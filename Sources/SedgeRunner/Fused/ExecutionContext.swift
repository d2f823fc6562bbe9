// The resources of an accelerated forward pass.

import SedgeOperators

/// The kernels, threads and arithmetic of an accelerated forward pass.
struct ExecutionContext: Sendable {
  var kernels: Kernels
  var workers: Workers
  /// The number format of large matrix products; never int8 where the kernels are slower in int8.
  var format: PackedLinear.Format

  /// Whether large matrix products are computed in int8.
  var usesInt8: Bool { format == .int8 }
}
