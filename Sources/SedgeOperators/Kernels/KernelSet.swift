// Which set of kernels a process computes with.

internal import CSedgeProcessor

/// The sets of kernels by their names, and which of them this process takes.
///
/// That is the fastest one for the processor, or the one that the environment variable `SEDGE_KERNELS` names. The inner
/// loops of calibration and coding follow it.
public enum KernelSet {
  /// The names of the sets that this processor can run, best first.
  public static var available: [String] { Kernels.available.map(\.name) }

  /// The name of the set of this process: `avx512-bf16`, `avx512`, `avx2-vnni`, `avx2`, `neon-i8mm`, `neon-dotprod`, `neon` or
  /// `portable`.
  ///
  /// - Throws: Where `SEDGE_KERNELS` names no set, or one that this processor cannot run.
  public static func chosen() throws(KernelSetError) -> String { try Kernels.chosen().name }

  /// What `SEDGE_KERNELS` says; `nil` where it is not set or empty.
  static var requested: String? { unsafe sedge_requested_set().map { unsafe String(cString: $0) } }

  /// Whether there is a set of this name for some processor.
  static func exists(_ name: String) -> Bool { unsafe sedge_kernel_set_named(name) != nil }
}

/// `SEDGE_KERNELS` names a set of kernels that this process cannot have.
public struct KernelSetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked for.
  public var name: String
  /// Whether there is such a set, for other processors.
  public var exists: Bool
  /// What this processor can run, best first.
  public var available: [String]

  /// One line: the name, what is wrong with it, and the names that can be taken.
  public var description: String {
    let fault = exists ? "this processor cannot run these kernels" : "there are no such kernels"
    return "SEDGE_KERNELS=\(name): \(fault); take \(available.joined(separator: ", ")), or leave it unset"
  }
}

extension Kernels {
  /// The set of this process.
  package static func chosen() throws(KernelSetError) -> Kernels {
    guard let name = KernelSet.requested else { return available[0] }
    return try named(name)
  }

  /// The set of a name.
  package static func named(_ name: String) throws(KernelSetError) -> Kernels {
    guard let kernels = available.first(where: { $0.name == name }) else {
      throw KernelSetError(name: name, exists: KernelSet.exists(name), available: available.map(\.name))
    }
    return kernels
  }
}
