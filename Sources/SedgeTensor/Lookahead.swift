// Elements made on another thread, one ahead of their use.

import Dispatch
import Synchronization

/// Elements in their order, each made on a thread of its own while the one before it is in use.
///
///     for picture in Lookahead(paths.count, { try RGBImage(path: paths[$0]) }) {
///       run(try picture.get())
///     }
///
/// At most one element is made that was not taken yet. Nothing more begins once the last reference is gone.
package final class Lookahead<Element: Sendable>: Sequence, IteratorProtocol {
  private let count: Int
  private let make: @Sendable (Int) throws -> Element
  // A serial queue of its own gets a thread of its own.
  private let queue = DispatchQueue(label: "sedge.lookahead")
  private var index = 0
  private var pending: Pending?

  /// Begins with the first element.
  ///
  /// - Parameters:
  ///   - count: The number of elements.
  ///   - make: Makes the element of an index; called once for each, in ascending order, on another thread.
  package init(_ count: Int, _ make: @escaping @Sendable (_ index: Int) throws -> Element) {
    (self.count, self.make) = (count, make)
    pending = begin(0)
  }

  /// The next element or the error of making it, as soon as it is there; `nil` behind the last.
  package func next() -> Result<Element, any Error>? {
    guard let pending else { return nil }
    let result = pending.wait()
    index += 1
    self.pending = begin(index)
    return result
  }

  private func begin(_ index: Int) -> Pending? {
    guard index < count else { return nil }
    let pending = Pending()
    queue.async { [make] in pending.finish(Result { try make(index) }) }
    return pending
  }

  /// An element that is being made.
  private final class Pending: Sendable {
    private let result = Mutex<Result<Element, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    func finish(_ value: Result<Element, any Error>) {
      result.withLock { $0 = value }
      isDone.signal()
    }

    func wait() -> Result<Element, any Error>? {
      isDone.wait()
      return result.withLock { $0.take() }
    }
  }
}
