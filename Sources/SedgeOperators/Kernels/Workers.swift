// Work divided among threads.

internal import CSedgeKernels
internal import Dispatch
internal import Synchronization

/// Threads that take pieces of work, each the next one when it is done with its last.
package struct Workers: Sendable {
  /// How many threads there are.
  package let count: Int

  /// - Parameter count: By default one for each processor that this process may use.
  package init(count: Int? = nil) { self.count = max(1, count ?? sedge_processor_count()) }

  /// Seconds that all threads of this process have worked so far, together.
  package static var processorSeconds: Double { sedge_processor_seconds() }

  /// Memory for each worker that takes part in so many pieces.
  package func scratch<Memory>(for items: Int, _ make: () -> Memory) -> [Memory] {
    (0..<min(count, items)).map { _ in make() }
  }

  /// Does all pieces; which worker does which is not defined, so a piece's result must not depend on it.
  ///
  /// - Parameter body: Does piece `item`; `worker`, below ``count``, tells whose scratch memory it may use.
  package func run(_ items: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void) {
    let threads = min(count, items)
    guard threads > 1 else {
      for item in 0..<items { body(0, item) }
      return
    }
    let next = Counter()
    DispatchQueue.concurrentPerform(iterations: threads) { worker in
      while true {
        let item = next.take()
        guard item < items else { return }
        body(worker, item)
      }
    }
  }
}

/// Counts up, for all threads.
private final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
