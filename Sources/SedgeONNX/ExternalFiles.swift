// The external files of weights that an ONNX model may name.

internal import SedgeTensor

/// The files of external data that a model names.
///
/// They are below the folder of the ONNX file: as it was named, or where that is a symbolic link, the folder that the
/// link leads to, as in the cache of huggingface_hub. A link to weights is followed where it leads to a file below one
/// of these two folders, and refused where it leads elsewhere.
final class ExternalFiles {
  private let modelPath: String
  /// The folder as it was named, and the real one where that is another; each empty or with a slash at its end.
  private let folders: [String]
  /// The real paths of the folders, with a slash at the end.
  private let roots: [String]
  private var snapshotsByLocation: [String: FileSnapshot] = [:]
  private var latest: (location: String, file: InputFile)?

  /// Names of a folder that are looked at for one that may have been renamed.
  private static let maximumNameCount = 4096

  /// The external files of the model at a path.
  init(beside modelPath: String) {
    self.modelPath = modelPath
    let named = Self.folder(of: modelPath)
    let real = FileSystem.realPath(modelPath).map(Self.folder)
    let namedRoot = FileSystem.realPath(named.isEmpty ? "." : named).map { $0 == "/" ? $0 : $0 + "/" }
    let other = real == namedRoot ? nil : real
    folders = [named] + [other].compactMap(\.self)
    roots = [namedRoot, other].compactMap(\.self)
  }

  /// The file of a location that was opened before.
  func snapshot(of location: String) -> FileSnapshot? { snapshotsByLocation[location] }

  /// Opens a file, or gives that opened last.
  ///
  /// Whoever may write the folder may change the path between the check and the opening; the file is still read as numbers
  /// only.
  ///
  /// - Parameter byteCount: Bytes that the model needs of it, by which a file of another name is suggested.
  /// - Throws: ``FormatError`` for a location that leaves the folder, by a link too, for one that is missing or no file, and for one
  ///   that changed since it was opened first.
  func open(_ location: String, byteCount: Int? = nil) throws(FormatError) -> InputFile {
    if let latest, latest.location == location { return latest.file }
    let file =
      if let known = snapshotsByLocation[location] {
        try known.open()
      } else {
        try InputFile(path: find(location, byteCount))
      }
    snapshotsByLocation[location] = file.snapshot
    latest = (location, file)
    return file
  }

  private func find(_ location: String, _ byteCount: Int?) throws(FormatError) -> String {
    let parts = try Self.parts(of: location)
    for folder in folders {
      let path = folder + parts.joined(separator: "/")
      guard FileSystem.kind(of: path, followingLinks: false) != nil else { continue }
      let isLinked = parts.indices.contains {
        FileSystem.kind(of: folder + parts[...$0].joined(separator: "/"), followingLinks: false) == .link
      }
      guard isLinked else { return path }
      guard let real = FileSystem.realPath(path) else {
        throw FormatError(.cannotRead(reason: "it is a symbolic link that leads to nothing"), path: path)
      }
      guard roots.contains(where: real.hasPrefix) else {
        throw FormatError(
          .unsupported(
            "a symbolic link out of the model's folder", advice: "put the file itself in its place"),
          path: path)
      }
      return real
    }
    let missing = folders[0] + parts.joined(separator: "/")
    throw FormatError(
      .missingData(
        of: modelPath, foundBytes: nil,
        candidate: byteCount.flatMap { candidate(forFile: missing, byteCount: $0) }),
      path: missing)
  }

  /// What is wrong with a file that has fewer bytes than the model needs of it.
  func shortage(of file: InputFile, byteCount: Int) -> FormatError {
    let kind: FormatError.Kind =
      if let candidate = candidate(forFile: file.path, byteCount: byteCount) {
        .missingData(of: modelPath, foundBytes: file.byteCount, candidate: candidate)
      } else {
        .truncated(expectedBytes: byteCount, actualBytes: file.byteCount)
      }
    return FormatError(kind, path: file.path)
  }

  /// The one file in the folder of the model or of the missing file that has exactly the size.
  private func candidate(forFile missing: String, byteCount: Int) -> String? {
    let places = Set([folders[0], Self.folder(of: missing)])
    let files = places.flatMap { place in
      (FileSystem.names(inFolder: place.isEmpty ? "." : place, limit: Self.maximumNameCount) ?? []).map {
        place + $0
      }
    }
    let fitting = files.filter { $0 != modelPath && FileSystem.byteCount(ofFile: $0) == byteCount }
    return fitting.count == 1 ? fitting[0] : nil
  }

  /// A path up to its last slash, with it; empty where there is none.
  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// The parts of a relative path that stays where it is; Windows' separators are read, too.
  private static func parts(of location: String) throws(FormatError) -> [String] {
    let path = location.replacing("\\", with: "/")
    let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !path.hasPrefix("/"), !path.dropFirst().hasPrefix(":/") else {
      throw FormatError(
        .unsupported(
          "the absolute path \(location.debugDescription) for its external data",
          advice: "save the model anew with its data beside it, in Python: "
            + "onnx.save_model(onnx.load(OLD), NEW, save_as_external_data=True)"))
    }
    let reason: String? =
      if parts.isEmpty {
        "it is empty"
      } else if parts.contains("..") {
        "it leaves the folder"
      } else if location.utf8.contains(0) {
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
