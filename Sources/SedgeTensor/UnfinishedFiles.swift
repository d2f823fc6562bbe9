// Temporary files to remove when the process is interrupted.

import SedgePlatform
import Synchronization

/// The temporary files of all ``OutputFile``s that are not finished.
///
/// A signal handler may neither lock nor allocate: names are in a table of fixed size, each written once and never
/// freed, and the handler only reads it and calls `unlinkat`.
package enum UnfinishedFiles {
  private static let capacity = 64
  /// Names in open folders; a slot without a name is free.
  nonisolated(unsafe) private static let names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
    unsafe names.initialize(repeating: nil, count: capacity)
    return unsafe names
  }()
  nonisolated(unsafe) private static let folders: UnsafeMutablePointer<Int32> = {
    let folders = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
    unsafe folders.initialize(repeating: -1, count: capacity)
    return unsafe folders
  }()
  private static let lock = Mutex(())

  /// Records a file, unless the table is full.
  ///
  /// - Parameter folder: The open folder that its name is of.
  package static func insert(_ name: String, in folder: Int32 = AT_FDCWD) -> Int? {
    lock.withLock { _ in
      guard let slot = (0..<capacity).first(where: { unsafe names[$0] == nil }) else { return nil }
      unsafe folders[slot] = folder
      unsafe names[slot] = unsafe strdup(name)
      return slot
    }
  }

  /// Forgets a file that was finished or removed.
  package static func remove(_ slot: Int?) {
    guard let slot else { return }
    lock.withLock { _ in unsafe names[slot] = nil }
  }

  /// Removes every recorded file (`unlinkat`); may be called from a signal handler.
  package static func removeAll() {
    for slot in 0..<capacity {
      if let name = unsafe names[slot] { _ = unsafe unlinkat(folders[slot], name, 0) }
    }
  }

  /// Removes them when a signal ends the process: an interruption, a hang-up, a termination, a reader of its output that
  /// is gone, a limit on its processor time. A limit on the size of files becomes an error of the write instead.
  package static func removeOnInterruption() {
    unsafe (_, _) = (names, folders)  // made here, for the handler must not
    signal(SIGXFSZ, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU] {
      let previous = signal(number) { number in
        UnfinishedFiles.removeAll()
        signal(number, SIG_DFL)
        raise(number)
      }
      // Who started the process with the signal ignored (nohup) wants it to go on.
      let isIgnored = unsafe unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      if isIgnored { signal(number, SIG_IGN) }
    }
  }
}
