// The memory of the decoder's levels.

import SedgeOperators

/// Two buffers for a sequence of levels: each level is computed from the level before it in the other buffer.
struct AlternatingBuffers {
  private let buffers: [FloatBuffer]

  /// Takes the buffers from a pool.
  ///
  /// - Parameter elementCounts: The number of elements of each level, from level 0 on.
  init(elementCounts: [Int], _ pool: BufferPool) {
    buffers = (0..<2).map { parity in
      let counts = elementCounts.indices.filter { $0 % 2 == parity }.map { elementCounts[$0] }
      return pool.take(counts.max() ?? 0)
    }
  }

  /// The buffer of a level.
  subscript(level: Int) -> FloatBuffer { buffers[level % 2] }

  /// Gives the buffers back to the pool.
  func giveBack(to pool: BufferPool) { for buffer in buffers { pool.give(buffer) } }
}
