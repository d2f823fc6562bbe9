// A value that is used by one thread at a time.

import Dispatch

/// A value whose uses run one after another; each waits for the one before it.
///
/// The value never leaves: `withValue` is the only access, and `DispatchQueue.sync` orders its calls.
final class SerialAccess<Value>: @unchecked Sendable {
  private let value: Value
  private let queue = DispatchQueue(label: "sedge.serial-access")

  init(_ value: Value) { self.value = value }

  /// Runs `body` on the calling thread as soon as no other use runs; a nested use of the same value traps.
  func withValue<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
    try queue.sync { try body(value) }
  }
}
