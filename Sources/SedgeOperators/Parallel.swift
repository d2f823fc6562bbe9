// Work shared among the processor's cores.

import Dispatch

/// Fills an array part by part, on all cores at once.
///
/// The parts do not depend on the number of cores, and each is filled by one call: the result is the same bits on
/// any machine.
///
/// - Parameters:
///   - count: Elements of the array.
///   - boundaries: The parts: part `i` is `boundaries[i]..<boundaries[i + 1]`; the first is 0, the last `count`.
///   - body: Fills part `i`, which it finds zeroed.
func filledInParallel(
  count: Int, boundaries: [Int], _ body: @Sendable (_ part: Int, _ output: inout MutableSpan<Float>) -> Void
) -> [Float] {
  precondition(boundaries.first == 0 && boundaries.last == count)
  var values = [Float](repeating: 0, count: count)
  updateInParallel(&values, boundaries: boundaries, body)
  return values
}

/// Changes an array part by part, on all cores at once; see ``filledInParallel(count:boundaries:_:)``.
func updateInParallel(
  _ values: inout [Float], boundaries: [Int],
  _ body: @Sendable (_ part: Int, _ output: inout MutableSpan<Float>) -> Void
) {
  precondition(zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 <= $1 } && boundaries.first == 0)
  precondition(boundaries.last == values.count)
  unsafe values.withUnsafeMutableBufferPointer { buffer in
    // The parts are disjoint, so no two calls touch the same element.
    nonisolated(unsafe) let shared = unsafe buffer
    DispatchQueue.concurrentPerform(iterations: boundaries.count - 1) { part in
      let range = boundaries[part]..<boundaries[part + 1]
      var output = unsafe shared.extracting(range).mutableSpan
      body(part, &output)
    }
  }
}

/// `0, size, 2 size, ... count`: equal parts, the last of which may be shorter.
func equalParts(of count: Int, size: Int) -> [Int] {
  Array(stride(from: 0, to: count, by: max(size, 1))) + [count]
}
