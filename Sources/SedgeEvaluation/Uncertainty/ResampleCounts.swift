// The counts of resamples, block by block.

import Dispatch
import Synchronization

/// The counts of the classes that occur in one picture.
typealias SparseCounts = [(label: Int, counts: ClassCounts)]

/// The counts of every resample: rows of classes.
///
/// Rows are divided into blocks, which threads share. A block's counts are integers, so they do not depend on the threads.
final class ResampleCounts: Sendable {
  private let blocks: [Block]

  /// - Parameter classCount: The classes that occur.
  init(resampleCount: Int, classCount: Int, pictureCount: Int, seed: UInt64) {
    let size = 64
    blocks = stride(from: 0, to: resampleCount, by: size).map { first in
      Block(
        resamples: first..<min(first + size, resampleCount), classCount: classCount,
        pictureCount: pictureCount, seed: seed)
    }
  }

  /// Adds the next pictures, in their order, to every resample.
  func add(_ pictures: [SparseCounts], threadCount: Int?) {
    guard !pictures.isEmpty else { return }
    if threadCount == 1 {
      for block in blocks { block.add(pictures) }
    } else {
      DispatchQueue.concurrentPerform(iterations: blocks.count) { blocks[$0].add(pictures) }
    }
  }

  /// Calls `body` with the counts of each resample in turn.
  func forEach(_ body: (ArraySlice<ClassCounts>) -> Void) {
    for block in blocks { block.forEach(body) }
  }

  /// Consecutive resamples.
  private final class Block: Sendable {
    private struct State {
      var weights: [ResampleWeights]
      var counts: [ClassCounts]
    }
    private let classCount: Int
    private let state: Mutex<State>

    init(resamples: Range<Int>, classCount: Int, pictureCount: Int, seed: UInt64) {
      self.classCount = classCount
      state = Mutex(
        State(
          weights: resamples.map {
            ResampleWeights(seed: seed, resample: $0, pictureCount: pictureCount)
          },
          counts: Array(repeating: ClassCounts(), count: resamples.count * classCount)))
    }

    func add(_ pictures: [SparseCounts]) {
      state.withLock { state in
        for picture in pictures {
          for row in state.weights.indices {
            let weight = state.weights[row].next()
            guard weight > 0 else { continue }
            for (label, counts) in picture {
              state.counts[row * classCount + label].add(counts, times: weight)
            }
          }
        }
      }
    }

    func forEach(_ body: (ArraySlice<ClassCounts>) -> Void) {
      state.withLock { state in
        for row in state.weights.indices {
          body(state.counts[(row * classCount)..<((row + 1) * classCount)])
        }
      }
    }
  }
}
