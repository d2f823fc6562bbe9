// Reuse of buffers.

/// Buffers that are kept for reuse.
///
/// Whoever takes a buffer gives it back, once.
package final class BufferPool {
  private var free: [FloatBuffer] = []

  package init() {}

  /// A buffer of at least `count` elements: the smallest free buffer that is at most a quarter larger, or a new one.
  package func take(_ count: Int) -> FloatBuffer {
    let fitting = free.indices.filter { (count...count + count / 4 + 1024).contains(free[$0].count) }
    guard let best = fitting.min(by: { free[$0].count < free[$1].count }) else {
      return FloatBuffer(count: count)
    }
    return free.remove(at: best)
  }

  /// Takes a buffer back.
  package func give(_ buffer: FloatBuffer) { free.append(buffer) }
}
