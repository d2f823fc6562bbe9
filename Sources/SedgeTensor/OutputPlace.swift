// Where an output goes: a folder that stays the same one, and a name in it.

import SedgePlatform

/// The open folder of an output and the output's name there.
///
/// Every step from the first check to the last `renameat` is relative to this folder, so that nothing changes when the way to
/// it does meanwhile. A symbolic link at the path is followed: the file that it leads to is replaced and the link stays.
final class OutputPlace {
  /// The output's name in the folder.
  let name: String
  /// The folder (`open` with `O_DIRECTORY`); closed with this object.
  let folder: Int32
  /// The permissions of the file that is there, which its replacement gets.
  let permissions: mode_t?

  /// The name of the file while it is being written; a name too long for a suffix is replaced by its hash.
  var temporaryName: String {
    let limit = 255 - ".".utf8.count - Self.suffix.utf8.count
    let stem = name.utf8.count <= limit ? name : String(Self.hash(name), radix: 16)
    return ".\(stem)\(Self.suffix)"
  }

  private static let suffix = ".sedge-partial"

  /// Opens the folder of a path.
  ///
  /// - Throws: ``FormatError`` where the folder cannot be opened, a link leads to nothing, or the path names no regular file.
  init(path: String) throws(FormatError) {
    var place = path
    if FileSystem.kind(of: path, followingLinks: false) == .link {
      guard let target = FileSystem.realPath(path) else {
        // A pipe behind /dev/stdout has no path.
        guard FileSystem.kind(of: path) == nil else {
          throw FormatError(.notAFile(found: "no regular file"), path: path)
        }
        throw FormatError(
          .cannotWrite(reason: "it is a symbolic link that leads to nothing; remove the link"), path: path)
      }
      place = target
    }
    let slash = place.lastIndex(of: "/")
    name = slash.map { String(place[place.index(after: $0)...]) } ?? place
    let folderPath = slash.map { $0 == place.startIndex ? "/" : String(place[..<$0]) } ?? "."
    guard !name.isEmpty, name != ".", name != ".." else {
      throw FormatError(.notAFile(found: place.isEmpty ? "an empty path" : "a directory"), path: path)
    }
    let folder = Self.open(folderPath)
    guard folder >= 0 else { throw FormatError(.cannotWrite(reason: systemErrorText()), path: path) }
    var status = stat()
    let isThere = unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG {
      close(folder)
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
      throw FormatError(.notAFile(found: found), path: path)
    }
    permissions = isThere ? status.st_mode & 0o777 : nil
    self.folder = folder
  }

  deinit { close(folder) }

  /// Opens a folder; one that may be written and not listed, too.
  private static func open(_ path: String) -> Int32 {
    let flags = O_DIRECTORY | O_CLOEXEC
    let folder = unsafe SedgePlatform.open(path, O_RDONLY | flags)
    #if os(Linux)
      if folder < 0, errno == EACCES { return unsafe SedgePlatform.open(path, O_PATH | flags) }
    #endif
    return folder
  }

  /// FNV-1a with 64 bits.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  // MARK: The temporary file

  /// Creates the temporary file and takes it (`openat` with `O_EXCL`, `flock`), after removing one that a process which no
  /// longer exists has left.
  ///
  /// - Throws: ``FormatError`` (without a path) where it cannot be created, or another process is writing it.
  func createTemporaryFile() throws(FormatError) -> Int32 {
    // Two processes that start at once can take each other's file away a few times, never for ever.
    for _ in 0..<100 {
      let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
      let descriptor = unsafe openat(folder, temporaryName, flags, 0o666)
      if descriptor < 0 {
        guard errno == EEXIST else { throw FormatError(.cannotWrite(reason: systemErrorText())) }
        try removeLeftover()
      } else if isOurs(descriptor) {
        if let permissions { fchmod(descriptor, permissions) }
        return descriptor
      } else {
        close(descriptor)
      }
    }
    throw FormatError(.cannotWrite(reason: "other processes keep writing it"))
  }

  /// Takes a temporary file that this process has just created; `false` where another process took it away.
  private func isOurs(_ descriptor: Int32) -> Bool {
    // File systems without locks are used without.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return false }
    return isNamed(descriptor)
  }

  /// Whether the temporary name still leads to an open file.
  private func isNamed(_ descriptor: Int32) -> Bool {
    var (own, named) = (stat(), stat())
    return unsafe fstat(descriptor, &own) == 0
      && fstatat(folder, temporaryName, &named, AT_SYMLINK_NOFOLLOW) == 0
      && own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }

  /// Removes a temporary file that no process has any longer.
  private func removeLeftover() throws(FormatError) {
    let flags = O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
    let descriptor = unsafe openat(folder, temporaryName, flags)
    guard descriptor >= 0 else {
      if errno == ENOENT { return }
      throw Self.blocked(temporaryName, reason: systemErrorText())
    }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK {
        throw FormatError(.cannotWrite(reason: "another process is writing it (\(temporaryName))"))
      }
      throw Self.blocked(temporaryName, reason: "it may be another process's")
    }
    guard isNamed(descriptor) else { return }
    guard unsafe unlinkat(folder, temporaryName, 0) == 0 || errno == ENOENT else {
      throw Self.blocked(temporaryName, reason: systemErrorText())
    }
  }

  private static func blocked(_ name: String, reason: String) -> FormatError {
    FormatError(.cannotWrite(reason: "\(name) is in the way (\(reason)); remove it"))
  }

  /// Gives the temporary file the output's name (`renameat`).
  ///
  /// - Throws: ``FormatError`` (without a path).
  func rename() throws(FormatError) {
    guard unsafe renameat(folder, temporaryName, folder, name) == 0 else {
      throw FormatError(.cannotWrite(reason: systemErrorText()))
    }
  }

  /// Makes the folder keep a name beyond a crash of the machine (`fsync`).
  ///
  /// - Throws: ``FormatError`` (without a path).
  func flush() throws(FormatError) {
    // Folders of some file systems cannot be flushed, nor those opened without being listed.
    while fsync(folder) != 0, ![EINVAL, EBADF, ENOTSUP].contains(errno) {
      guard errno == EINTR else {
        throw FormatError(
          .cannotWrite(reason: "it is complete, but its folder cannot be flushed: \(systemErrorText())"))
      }
    }
  }
}
