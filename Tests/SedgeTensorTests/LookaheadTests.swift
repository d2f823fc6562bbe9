// Elements come in order, one ahead.

import Foundation
import SedgeTensor
import Synchronization
import Testing

@Suite("Lookahead")
struct LookaheadTests {
  private struct Odd: Error, Equatable { var index: Int }

  @Test("Elements and errors come in order, each once", arguments: [0, 1, 2, 100])
  func order(count: Int) {
    let found = Lookahead(count) { index in
      if index % 2 == 1 { throw Odd(index: index) }
      return index
    }.map { result in
      switch result {
      case .success(let index): index
      case .failure(let error): ((error as? Odd)?.index ?? -1) + 1000
      }
    }
    #expect(found == (0..<count).map { $0 % 2 == 0 ? $0 : $0 + 1000 })
  }

  @Test("One element is made beside the use of another, and never two")
  func oneAhead() {
    let made = Mutex(0)
    let lookahead = Lookahead(10) { index in
      made.withLock { $0 += 1 }
      return index
    }
    // The element after the one in use is made without being asked for.
    for used in 1...9 {
      _ = lookahead.next()
      while made.withLock({ $0 }) < used + 1 { usleep(100) }
      usleep(2000)
      #expect(made.withLock { $0 } == used + 1)
    }
  }

  @Test("Nothing more is made once it is dropped")
  func stops() {
    let made = Mutex(0)
    do {
      let lookahead = Lookahead(1000) { index in
        made.withLock { $0 += 1 }
        return index
      }
      _ = lookahead.next()
    }
    usleep(20_000)
    #expect(made.withLock { $0 } <= 2)
  }

  @Test("Elements are made on another thread")
  func otherThread() throws {
    let threads = Mutex(Set<String>())
    for result in Lookahead(3, { _ in threads.withLock { _ = $0.insert("\(pthread_self())") } }) {
      try result.get()
    }
    #expect(!threads.withLock { $0 }.contains("\(pthread_self())"))
  }
}
