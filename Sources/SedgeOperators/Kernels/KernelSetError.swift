// The error of a kernel set that this process cannot use.

/// `SEDGE_KERNELS` names a kernel set that does not exist or that this processor does not support.
public struct KernelSetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The requested name.
  public var name: String
  /// Whether there is such a set, for other processors.
  public var exists: Bool
  /// The sets that this processor supports, best first.
  public var available: [String]

  /// One line: the name, the fault, and the names that can be used.
  public var description: String {
    let fault = exists ? "this processor cannot run these kernels" : "there are no such kernels"
    return "SEDGE_KERNELS=\(name): \(fault); take \(available.joined(separator: ", ")), or leave it unset"
  }
}
