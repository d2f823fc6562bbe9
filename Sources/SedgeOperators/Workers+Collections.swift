// Arrays that several threads fill or transform.

internal import Synchronization

extension Workers {
  /// Transforms elements; the results are in the elements' order, and the first failure in that order is thrown.
  package func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) throws -> Result
  ) throws -> [Result] {
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: elements.count))
    run(elements.count) { _, index in
      let result = Swift.Result { try transform(elements[index]) }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  /// An array whose parts are filled in parallel.
  ///
  /// - Parameters:
  ///   - count: The number of elements.
  ///   - boundaries: Part `i` is `boundaries[i]..<boundaries[i + 1]`; the first boundary is 0, the last `count`.
  ///   - body: Fills part `i`, whose elements are 0.
  func filled(
    count: Int, boundaries: [Int], _ body: @Sendable (_ part: Int, _ output: inout MutableSpan<Float>) -> Void
  ) -> [Float] {
    precondition(boundaries.first == 0 && boundaries.last == count)
    var values = [Float](repeating: 0, count: count)
    update(&values, boundaries: boundaries, body)
    return values
  }

  /// Updates the parts of an array in parallel; see ``filled(count:boundaries:_:)``.
  package func update<Element: BitwiseCopyable>(
    _ values: inout [Element], boundaries: [Int],
    _ body: @Sendable (_ part: Int, _ output: inout MutableSpan<Element>) -> Void
  ) {
    precondition(zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 <= $1 } && boundaries.first == 0)
    precondition(boundaries.last == values.count)
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      // The parts are disjoint, so no two calls access the same element.
      nonisolated(unsafe) let shared = unsafe buffer
      run(boundaries.count - 1) { _, part in
        let range = boundaries[part]..<boundaries[part + 1]
        var output = unsafe shared.extracting(range).mutableSpan
        body(part, &output)
      }
    }
  }

  /// `0, size, 2 size, ... count`: the boundaries of equal parts, the last of which may be shorter.
  package static func equalParts(of count: Int, size: Int) -> [Int] {
    Array(stride(from: 0, to: count, by: max(size, 1))) + [count]
  }
}
