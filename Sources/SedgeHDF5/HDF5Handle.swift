// The owner of a libhdf5 handle.

internal import CSedgeHDF5

/// Owns one libhdf5 handle of any kind; being noncopyable, it gives it back exactly once (`H5Idec_ref`).
///
/// To be made, used and destroyed inside ``HDF5Library/locked(_:)``.
struct HDF5Handle: ~Copyable {
  let id: hid_t

  /// Takes over the handle that a libhdf5 call returned.
  ///
  /// - Returns: `nil` where the call had failed.
  init?(_ id: hid_t) {
    guard id >= 0 else { return nil }
    self.id = id
  }

  deinit { H5Idec_ref(id) }
}
