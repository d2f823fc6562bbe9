// Files of weights beside an ONNX file, which that file may not choose freely.

internal import SedgeTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of external data that a model names, all of them below its own folder.
final class ExternalFiles {
  private let folder: String
  private var latest: (location: String, file: InputFile)?

  /// Files below the folder of `modelPath`.
  init(beside modelPath: String) {
    folder = modelPath.lastIndex(of: "/").map { String(modelPath[...$0]) } ?? ""
  }

  /// The path of a location.
  func path(of location: String) -> String {
    folder + location
  }

  /// Opens a file, or gives that opened last.
  ///
  /// Between the look at the path (`lstat`) and the opening, who may write the folder may change it; what is opened
  /// then is still read as numbers only.
  ///
  /// - Throws: ``FormatError`` for a location that leaves the folder, goes through a symbolic link, or is no file.
  func open(_ location: String) throws(FormatError) -> InputFile {
    if let latest, latest.location == location { return latest.file }
    let parts = try Self.parts(of: location)
    var path = folder
    for part in parts {
      path += path.isEmpty || path.hasSuffix("/") ? part : "/" + part
      var status = stat()
      if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
        throw FormatError(.notAFile(found: "a symbolic link"), path: path)
      }
    }
    let file = try InputFile(path: path)
    latest = (location, file)
    return file
  }

  /// The parts of a relative path that stays where it is.
  private static func parts(of location: String) throws(FormatError) -> [String] {
    let parts = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let reason: String? =
      if location.isEmpty {
        "it is empty"
      } else if location.hasPrefix("/") {
        "it is an absolute path"
      } else if parts.contains("..") {
        "it leaves the folder"
      } else if parts.contains("") || parts.contains(".") {
        "it has an empty part"
      } else if location.utf8.contains(0) || location.utf8.contains(UInt8(ascii: "\\")) {
        "it has a character that no such name has"
      } else {
        nil
      }
    if let reason {
      throw FormatError(
        .malformed("the location \(location.debugDescription) of its external data is refused: \(reason)"))
    }
    return parts
  }
}
