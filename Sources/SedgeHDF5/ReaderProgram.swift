// The program that runs as a reader.

internal import CSedgeSandbox
internal import SedgePlatform
internal import SedgeTensor

/// Finds the program that serves as a reader of HDF5 files.
enum ReaderProgram {
  /// The one argument with which a reader is started.
  static let argument = "sedge-hdf5-reader"

  /// The path of the program: this one where it serves, else `sedge` beside it or on `PATH`.
  ///
  /// - Throws: ``FormatError`` (without a path) where there is none.
  static func path() throws(FormatError) -> String {
    if HDF5Reading.isServing, let own { return own }
    return try installedPath()
  }

  /// The path of `sedge`: beside this program, beside the library that this code is in or in the folder `bin` next to its, or
  /// on `PATH`.
  static func installedPath() throws(FormatError) -> String {
    let library = unsafe path(from: sedge_own_library).map(folder)
    let beside = [ownPath.map(folder), library, library.map { "\(folder(of: $0))/bin" }].compactMap(\.self)
    let folders = beside + searchPath
    if let found = folders.map({ "\($0)/sedge" }).first(where: isProgram) { return found }
    throw FormatError(
      .cannotRead(
        reason:
          "HDF5 is read by a process of its own, and there is no program for it: call HDF5Reading.serveIfAsked() first "
          + "in this program, or put sedge beside it or on PATH, or call HDF5Reading.use(.thisProcess)"))
  }

  /// This program, where it serves itself.
  static var own: String? {
    #if os(Linux)
      // The file itself, even where another has taken its name meanwhile.
      "/proc/self/exe"
    #else
      ownPath
    #endif
  }

  private static var ownPath: String? { unsafe path(from: sedge_own_program) }

  /// A path that a function writes, which returns its length.
  private static func path(from function: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)
    let count = unsafe function(&bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(validating: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// The folders of `PATH`; those that depend on the current folder are left out.
  private static var searchPath: [String] {
    guard let text = unsafe getenv("PATH") else { return [] }
    return unsafe String(cString: text).split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
  }

  private static func isProgram(_ path: String) -> Bool {
    unsafe FileSystem.kind(of: path) == .file && access(path, X_OK) == 0
  }
}
