// Temporary files to remove when the process is interrupted.

import SedgePlatform
import Synchronization

/// The temporary files of all ``OutputFile``s that are not finished.
///
/// A signal handler may neither lock nor allocate: paths are in a table of fixed size, each written once and never
/// freed, and the handler only reads it and calls `unlink`.
package enum UnfinishedFiles {
  private static let capacity = 64
  nonisolated(unsafe) private static let paths: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = {
    let paths = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
    unsafe paths.initialize(repeating: nil, count: capacity)
    return unsafe paths
  }()
  private static let lock = Mutex(())

  /// Records a file, unless the table is full.
  package static func insert(_ path: String) -> Int? {
    lock.withLock { _ in
      guard let slot = (0..<capacity).first(where: { unsafe paths[$0] == nil }) else { return nil }
      unsafe paths[slot] = unsafe strdup(path)
      return slot
    }
  }

  /// Forgets a file that was finished or removed.
  package static func remove(_ slot: Int?) {
    guard let slot else { return }
    lock.withLock { _ in unsafe paths[slot] = nil }
  }

  /// Removes every recorded file (`unlink`); may be called from a signal handler.
  package static func removeAll() {
    for slot in 0..<capacity {
      if let path = unsafe paths[slot] { _ = unsafe unlink(path) }
    }
  }

  /// Removes them when the process is interrupted, hung up on or terminated, and lets it end by that signal.
  package static func removeOnInterruption() {
    _ = unsafe paths  // made here, for the handler must not
    for number in [SIGINT, SIGTERM, SIGHUP] {
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
