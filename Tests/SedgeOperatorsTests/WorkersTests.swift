// Parallel loops on any number of threads.

import SedgeOperators
import Synchronization
import Testing

@Suite("Workers")
struct WorkersTests {
  private struct Failure: Error, Equatable {
    var element: Int
  }

  @Test("Every piece runs once, on a worker below the count", arguments: [1, 2, 7], [0, 1, 5, 1000])
  func run(threads: Int, items: Int) {
    let runs = Mutex([Int](repeating: 0, count: items))
    Workers(count: threads).run(items) { worker, item in
      #expect((0..<threads).contains(worker))
      runs.withLock { $0[item] += 1 }
    }
    #expect(runs.withLock { $0 } == [Int](repeating: 1, count: items))
  }

  @Test("Results are in the elements' order", arguments: [1, 3])
  func map(threads: Int) throws {
    let squares = try Workers(count: threads).map(Array(0..<200)) { $0 * $0 }
    #expect(squares == (0..<200).map { $0 * $0 })
    #expect(try Workers(count: threads).map([Int]()) { $0 }.isEmpty)
  }

  @Test("The first failure in the elements' order is thrown", arguments: [1, 3])
  func failure(threads: Int) {
    let error = #expect(throws: Failure.self) {
      try Workers(count: threads).map(Array(0..<50)) { element in
        if element >= 20 { throw Failure(element: element) }
        return element
      }
    }
    #expect(error == Failure(element: 20))
  }
}
