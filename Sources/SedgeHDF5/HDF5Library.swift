// Access to libhdf5: a lock, a silent error stack, and the owner of its handles.

internal import CSedgeHDF5
internal import SedgeTensor
internal import Synchronization

/// The calls of this process to libhdf5, one at a time.
enum HDF5Library {
  private static let lock = Mutex(())
  /// Why there is no libhdf5.
  private static let missing = unsafe sedge_hdf5_load().map { unsafe String(cString: $0) }
  private static let hasLZF = HDF5LZFFilter.register()

  /// Loads libhdf5, which this program does before its first HDF5 file (`dlopen`).
  ///
  /// - Throws: ``FormatError`` (without a path) where there is none.
  static func load() throws(FormatError) {
    guard let missing else { return }
    throw FormatError(
      .cannotRead(
        reason:
          "libhdf5, which reads HDF5, cannot be loaded (\(missing)); install it (in Debian 12 libhdf5-103-1), or write the "
          + "weights as safetensors"))
  }

  /// Runs `body` while nothing else calls libhdf5, which need not be built for threads.
  ///
  /// libhdf5 prints nothing meanwhile (`H5Eset_auto2`; the setting may belong to the thread).
  static func locked<Result: Sendable>(
    _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    try lock.withLock { _ throws(FormatError) -> Result in
      try load()
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

  /// libhdf5's message on a version of a structure that it does not know; `nil` for any other error.
  static func unknownVersion(_ error: FormatError) -> String? {
    guard case .malformed(let message) = error.kind,
      message.contains("version number") || message.contains("unknown datatype class")
    else { return nil }
    return message
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

  /// The error of a file for which libhdf5 gets no more memory.
  static let outOfMemory = FormatError(.readerFailed("libhdf5 ran out of memory"))

  /// libhdf5's last failed call as an error, without a path: the innermost message with text (`H5Ewalk2`).
  static func lastError() -> FormatError {
    var failure = Failure()
    unsafe withUnsafeMutablePointer(to: &failure) { pointer in
      _ = unsafe H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { _, entry, context in
          guard let entry = unsafe entry?.pointee,
            let failure = unsafe context?.assumingMemoryBound(to: Failure.self)
          else { return 0 }
          unsafe failure.pointee.add(entry)
          return 0
        }, pointer)
    }
    if failure.isOutOfMemory { return outOfMemory }
    return FormatError(.malformed(failure.message.isEmpty ? "libhdf5 gives no reason" : failure.message))
  }

  /// What libhdf5 says of a failed call, from the inside out.
  private struct Failure {
    var message = ""
    var isOutOfMemory = false

    mutating func add(_ entry: H5E_error2_t) {
      if unsafe entry.min_num == sedge_H5E_NOSPACE() { isOutOfMemory = true }
      guard message.isEmpty, let text = unsafe entry.desc else { return }
      message = unsafe String(cString: text)
    }
  }

  /// Loads the plug-ins that exist for registered filters, and no other from then on (`H5Zfilter_avail`).
  ///
  /// A process that can open no file any more has them nevertheless.
  static func loadPlugins() {
    guard sedge_hdf5_is_loaded_library() else {
      _ = H5PLset_loading_state(0)
      return
    }
    var count: UInt32 = 0
    guard unsafe H5PLsize(&count) >= 0 else { return }
    let hasFolder = (0..<count).contains { index in
      var path = [CChar](repeating: 0, count: 4096)
      let length = unsafe H5PLget(index, &path, path.count)
      let bytes = path.prefix(max(length, 0)).map(UInt8.init(bitPattern:))
      return length > 0 && FileSystem.kind(of: String(decoding: bytes, as: UTF8.self)) == .folder
    }
    if hasFolder { for id in HDF5Storage.Filter.registeredNames.keys { _ = H5Zfilter_avail(id) } }
    _ = H5PLset_loading_state(0)
  }
}
