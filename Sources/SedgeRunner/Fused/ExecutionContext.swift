// The resources of an accelerated forward pass.

import SedgeOperators

/// The kernels, threads and arithmetic of an accelerated forward pass.
struct ExecutionContext: Sendable {
  var kernels: Kernels
  var workers: Workers
  /// Whether large matrix products are computed in int8; never set where the kernels are slower in int8.
  var usesInt8: Bool
}
