// Files that change while they are read.

import SedgePlatform
import SedgeTensor
import TestSupport
import Testing

@Suite("File snapshot")
struct FileSnapshotTests {
  /// What may become of a file while it is read.
  enum Change: CaseIterable, Sendable {
    case rewritten, cut, grown, replaced, removed, touched

    /// Changes a file that was written long ago.
    func apply(to path: String) {
      switch self {
      case .rewritten, .grown:
        let file = unsafe open(path, O_WRONLY | (self == .grown ? O_APPEND : 0))
        _ = unsafe write(file, "X", 1)
        close(file)
      case .cut: unsafe truncate(path, 2)
      case .replaced:
        let file = unsafe open(path + ".new", O_WRONLY | O_CREAT, 0o666)
        _ = unsafe write(file, "same", 4)
        close(file)
        setTime(of: path + ".new")
        unsafe rename(path + ".new", path)
      case .removed: unsafe unlink(path)
      case .touched: unsafe utimes(path, nil)
      }
    }
  }

  @Test("A file that changed is told from one that did not", arguments: Change.allCases)
  func changes(change: Change) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("same".utf8), to: "a")
    setTime(of: path)
    let snapshot = try InputFile(path: path).snapshot
    try snapshot.requireUnchanged()
    #expect(try snapshot.open().bytes(at: 0, count: 4) == Array("same".utf8))
    change.apply(to: path)
    #expect(throws: FormatError(.changedWhileRead, path: path)) { try snapshot.requireUnchanged() }
    #expect(throws: FormatError.self) { try snapshot.open() }
  }

  @Test("Other names and permissions are no change")
  func sameBytes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("same".utf8), to: "a")
    let snapshot = try InputFile(path: path).snapshot
    unsafe chmod(path, 0o600)
    unsafe link(path, folder.file("b"))
    try snapshot.requireUnchanged()
  }
}

/// Sets the time of a file's last write to one that is long ago.
private func setTime(of path: String) {
  let time = timeval(tv_sec: 1_000_000_000, tv_usec: 0)
  _ = unsafe withUnsafePointer(to: (time, time)) { times in
    unsafe times.withMemoryRebound(to: timeval.self, capacity: 2) { unsafe utimes(path, $0) }
  }
}
