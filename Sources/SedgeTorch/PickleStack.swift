// The stack of a pickle.

/// Values and marks, kept by reference: a copy of the reader, which the compiler may make for an error, copies none of them.
final class PickleStack {
  /// The values, the last pushed last.
  var values: [PickleValue] = []
  /// The numbers of values below each mark.
  var marks: [Int] = []

  /// The last value above the last mark; `nil` where there is none.
  var top: PickleValue? { values.count > (marks.last ?? 0) ? values.last : nil }

  /// Takes the last value above the last mark; `nil` where there is none.
  func pop() -> PickleValue? { values.count > (marks.last ?? 0) ? values.removeLast() : nil }

  /// Takes all values above the last mark, and the mark; `nil` where there is no mark.
  func popMark() -> [PickleValue]? {
    guard let mark = marks.popLast() else { return nil }
    let taken = Array(values[mark...])
    values.removeSubrange(mark...)
    return taken
  }
}
