// The kernel set that this process computes with.

internal import CSedgeProcessor

/// The kernel sets by name, and the set that this process uses.
///
/// The process uses the best set for the processor, or the set that the environment variable `SEDGE_KERNELS` names, for inference,
/// calibration and coding alike.
package enum KernelSet {
  /// The names of the sets that this processor supports, best first.
  package static var available: [String] { Kernels.available.map(\.name) }

  /// The name of the set that this process uses: `avx512-bf16`, `avx512`, `avx2-vnni`, `avx2`, `neon-bf16`, `neon-i8mm`, `neon-dotprod`,
  /// `neon` or `portable`.
  ///
  /// - Throws: Where `SEDGE_KERNELS` names no set, or a set that this processor does not support.
  package static func chosen() throws(KernelSetError) -> String { try Kernels.chosen().name }

  /// The value of `SEDGE_KERNELS`; `nil` where it is unset or empty.
  static var requested: String? { unsafe sedge_requested_set().map { unsafe String(cString: $0) } }

  /// Whether there is a set of this name for some processor.
  static func exists(_ name: String) -> Bool { unsafe sedge_kernel_set_named(name) != nil }
}

extension Kernels {
  /// The kernels that this process uses.
  package static func chosen() throws(KernelSetError) -> Kernels {
    guard let name = KernelSet.requested else { return available[0] }
    return try named(name)
  }

  /// The kernels of a set.
  package static func named(_ name: String) throws(KernelSetError) -> Kernels {
    guard let kernels = available.first(where: { $0.name == name }) else {
      throw KernelSetError(name: name, exists: KernelSet.exists(name), available: available.map(\.name))
    }
    return kernels
  }
}
