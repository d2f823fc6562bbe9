// The C kernels behind bounds checks.

internal import CSedgeKernels

/// The kernels of one kernel set.
///
/// Tensor layouts are those of ``Operators``; places in buffers and strides are in elements. An access outside a buffer traps.
/// A row's result does not depend on the other rows of a call.
@safe package struct Kernels: @unchecked Sendable {
  /// The set's C functions; the table is constant.
  let table: UnsafePointer<sedge_kernels>

  /// The kernel sets that this processor supports, best first.
  package static let available: [Kernels] = {
    var sets: [Kernels] = []
    while let table = unsafe sedge_available_kernels(sets.count) { sets.append(unsafe Kernels(table: table)) }
    return sets
  }()

  /// The name of the kernel set, one of those that ``KernelSet/chosen()`` lists.
  package var name: String { unsafe String(cString: table.pointee.name) }
}

extension Kernels: Hashable {
  package static func == (a: Kernels, b: Kernels) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
