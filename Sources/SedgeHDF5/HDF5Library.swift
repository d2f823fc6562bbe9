// Access to libhdf5: a lock, a silent error stack, and the owner of its handles.

internal import CHDF5
internal import SedgeTensor
internal import Synchronization

/// The calls of this process to libhdf5, one at a time.
enum HDF5Library {
  private static let lock = Mutex(())
  private static let hasLZF = HDF5LZFFilter.register()

  /// Runs `body` while nothing else calls libhdf5, which need not be built for threads.
  ///
  /// libhdf5 prints nothing meanwhile (`H5Eset_auto2`; the setting may belong to the thread).
  static func locked<Result: Sendable>(
    _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    try lock.withLock { _ throws(FormatError) -> Result in
      H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
      _ = hasLZF
      return try body()
    }
  }

  /// Opens an object by the way to it (`H5Oopen`), which may go through soft links but never into another file.
  ///
  /// - Returns: `nil` where libhdf5 finds none.
  static func open(_ location: String, in place: hid_t) -> HDF5Handle? {
    guard let linkAccess else { return nil }
    return unsafe HDF5Handle(H5Oopen(place, location, linkAccess))
  }

  /// Properties for opening under which no link into another file is followed (`H5Pset_elink_cb`).
  private static let linkAccess: hid_t? = {
    let access = H5Pcreate(sedge_H5P_LINK_ACCESS())
    let status = unsafe H5Pset_elink_cb(access, { _, _, _, _, _, _, _ in -1 }, nil)
    return status >= 0 ? access : nil
  }()

  /// Whether a message of libhdf5 is about a version of a structure that it does not know.
  static func isOfUnknownVersion(_ message: String) -> Bool {
    message.contains("version number") || message.contains("unknown datatype class")
  }

  /// The library's version, such as `1.10.8` (`H5get_libversion`).
  static var version: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    unsafe H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
  }

  /// What to do with a file that a newer library wrote.
  static let rewritingAdvice =
    "write its arrays to a new file, in h5py without libver: NEW.create_dataset(name, data=OLD[name][...])"

  /// The message of libhdf5's last failed call: the innermost with text (`H5Ewalk2`).
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
