// The one door to libhdf5: a lock, a silent error stack, and the owner of its handles.

internal import CHDF5
internal import SedgeTensor
internal import Synchronization

/// Everything that this process asks of libhdf5, one call at a time.
enum HDF5Library {
  private static let lock = Mutex(())

  /// Runs `body` while nothing else calls libhdf5, which need not be built for threads.
  ///
  /// libhdf5 prints nothing meanwhile (`H5Eset_auto2`; the setting may belong to the thread).
  static func locked<Result: Sendable>(
    _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    try lock.withLock { _ throws(FormatError) -> Result in
      H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
      return try body()
    }
  }

  /// What libhdf5 says of its last failed call: the innermost message that has words (`H5Ewalk2`).
  static func lastMessage() -> String {
    var message = ""
    unsafe withUnsafeMutablePointer(to: &message) { pointer in
      _ = unsafe H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { _, entry, context in
          guard let entry = unsafe entry, let text = unsafe entry.pointee.desc, unsafe text.pointee != 0
          else {
            return 0
          }
          unsafe context?.assumingMemoryBound(to: String.self).pointee = String(cString: text)
          return 1
        }, pointer)
    }
    return message.isEmpty ? "libhdf5 gives no reason" : message
  }
}

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
