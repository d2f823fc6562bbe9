// What is at a path: kinds of files, sizes, names in a folder.

import SedgePlatform

/// Questions to the file system that open no file.
package enum FileSystem {
  /// What a path names.
  package enum Kind: Hashable, Sendable { case file, folder, link, other }

  /// The kind of what is at a path (`stat`, `lstat`); `nil` where there is nothing.
  ///
  /// - Parameter followingLinks: Whether a symbolic link counts as what it leads to.
  package static func kind(of path: String, followingLinks: Bool = true) -> Kind? {
    status(of: path, followingLinks: followingLinks).map(kind)
  }

  /// Bytes of a regular file that is no link (`lstat`).
  package static func byteCount(ofFile path: String) -> Int? {
    guard let status = status(of: path, followingLinks: false), kind(of: status) == .file else { return nil }
    return Int(status.st_size)
  }

  /// The path without links (`realpath`); `nil` where it leads to nothing.
  package static func realPath(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(validatingCString: text)
  }

  /// Where a file that is to be written will be, without links; one path for each file, however it is named.
  ///
  /// - Returns: The path itself where its folder does not exist.
  package static func place(ofOutput path: String) -> String {
    if let real = realPath(path) { return real }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let real = realPath(folder) else { return path }
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    return real == "/" ? "/\(name)" : "\(real)/\(name)"
  }

  /// Whether two paths name one existing file, directly or through links (`stat`).
  package static func isSameFile(_ path: String, _ other: String) -> Bool {
    guard let status = status(of: path, followingLinks: true),
      let other = Self.status(of: other, followingLinks: true)
    else { return false }
    return status.st_dev == other.st_dev && status.st_ino == other.st_ino
  }

  /// The names in a folder, unsorted (`readdir`); those that are not UTF-8 are left out.
  ///
  /// - Parameter limit: The number of names after which reading stops.
  /// - Returns: `nil` where there is no such folder or it cannot be read.
  package static func names(inFolder path: String, limit: Int = .max) -> [String]? {
    var names: [String] = []
    let isRead = forEachEntry(inFolder: path) { name, _, isUTF8 in
      if isUTF8 { names.append(name) }
      return names.count < limit
    }
    return isRead ? names : nil
  }

  /// The names in a folder, unsorted (`readdir`), each with whether it is a folder or a link to one.
  ///
  /// Names that are not UTF-8 have replacement characters and are marked: no path leads to them.
  ///
  /// Only links are asked for (`stat`), and names in folders that do not list kinds: the contents of a folder of a
  /// network's file system come at once, and each further question takes a round trip.
  package static func entries(inFolder path: String) -> [(name: String, isFolder: Bool, isUTF8: Bool)]? {
    var entries: [(name: String, isFolder: Bool, isUTF8: Bool)] = []
    let isRead = forEachEntry(inFolder: path) { name, type, isUTF8 in
      let isKnown = type == UInt8(DT_REG) || type == UInt8(DT_DIR)
      let isFolder = isKnown ? type == UInt8(DT_DIR) : kind(of: "\(path)/\(name)") == .folder
      entries.append((name, isFolder, isUTF8))
      return true
    }
    return isRead ? entries : nil
  }

  /// Calls `body` with each name, its type, a `DT_` constant, and whether it is UTF-8, until it is `false`; whether the
  /// folder can be read.
  private static func forEachEntry(
    inFolder path: String, _ body: (_ name: String, _ type: UInt8, _ isUTF8: Bool) -> Bool
  ) -> Bool {
    guard let folder = unsafe opendir(path) else { return false }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      let text = String(validating: bytes, as: UTF8.self)
      let name = text ?? String(decoding: bytes, as: UTF8.self)
      if name != ".", name != "..", !body(name, unsafe entry.pointee.d_type, text != nil) { break }
    }
    return true
  }

  /// What tells a file from all others that exist, by whatever path (`stat`).
  package struct Identity: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64

    fileprivate init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      number = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  /// The identity of what a path leads to; `nil` where there is nothing.
  package static func identity(of path: String) -> Identity? {
    status(of: path, followingLinks: true).map(Identity.init)
  }

  /// Makes a folder and those above it, as far as they are missing (`mkdir`).
  ///
  /// - Throws: ``FormatError`` where one cannot be made.
  package static func makeFolders(_ path: String) throws(FormatError) {
    guard !path.isEmpty, kind(of: path) != .folder else { return }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolders(String(path[..<slash]))
    }
    guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST && kind(of: path) == .folder else {
      throw FormatError(.cannotWrite(reason: systemErrorText()), path: path)
    }
  }

  private static func status(of path: String, followingLinks: Bool) -> stat? {
    var status = stat()
    let result = followingLinks ? unsafe stat(path, &status) : unsafe lstat(path, &status)
    return result == 0 ? status : nil
  }

  private static func kind(of status: stat) -> Kind {
    switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    default: .other
    }
  }
}
