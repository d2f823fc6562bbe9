// Parallelism: threads that share the pieces of a task.

internal import CSedgeKernels
internal import Dispatch
internal import Synchronization

/// Threads that take the pieces of a task one after another: the only form of parallelism in Sedge.
///
/// Pieces must not depend on the number of threads, or a row's result must not depend on the other rows of its piece (``Division``); then
/// results do not depend on the number of threads either.
package struct Workers: Sendable {
  /// The number of threads.
  package let count: Int

  /// - Parameter count: By default the number of processors that this process may use, by its affinity and its control groups.
  package init(count: Int? = nil) { self.count = max(1, count ?? Self.processorCount) }

  private static let processorCount = min(sedge_processor_count(), ProcessorQuota.processorCount ?? .max)

  /// The processor time of all threads of this process so far, in seconds.
  package static var processorSeconds: Double { sedge_processor_seconds() }

  /// Scratch memory for each worker that takes part in so many pieces.
  package func scratch<Memory>(for items: Int, _ make: () -> Memory) -> [Memory] {
    (0..<min(count, items)).map { _ in make() }
  }

  /// Runs all pieces. Any worker may take any piece, so a piece's result must not depend on its worker.
  ///
  /// - Parameter body: Runs piece `item`; `worker`, below ``count``, is the index of the scratch memory that it may use.
  package func run(_ items: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void) {
    if let counts = PieceCounts.current {
      counts.add(items)
      return
    }
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

/// A counter that all threads share.
private final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
