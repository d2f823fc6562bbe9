// The confusion of all pictures.

/// The pixels of pictures, counted by predicted class and true class; see detectron2's `SemSegEvaluator`.
package struct ConfusionMatrix: Hashable, Sendable {
  /// The number of classes, N.
  package let classCount: Int
  /// (N + 1) x (N + 1): rows are predicted classes, columns true classes; the last of each is no class.
  package private(set) var counts: [Int]

  /// A matrix of zeros.
  package init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: (classCount + 1) * (classCount + 1))
  }

  /// A matrix of rows as ``EvaluationResult/Model/confusion`` holds them; it must be square, and not empty.
  package init(rows: [[Int]]) {
    precondition(!rows.isEmpty && rows.allSatisfy { $0.count == rows.count })
    classCount = rows.count - 1
    counts = rows.flatMap { $0 }
  }

  /// The number of pixels of a predicted class and a true class; either may be `classCount`, no class.
  package subscript(predicted predicted: Int, truth truth: Int) -> Int {
    counts[predicted * (classCount + 1) + truth]
  }

  /// Adds the pixels of a picture.
  package mutating func add(_ picture: SparseConfusion) {
    for cell in picture.cells { counts[cell.predicted * (classCount + 1) + cell.truth] += cell.count }
  }
}
