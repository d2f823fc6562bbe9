// Counting pixels by predicted and true class.

import SedgeEvaluation
import Testing

@Suite("Confusion")
struct ConfusionTests {
  @Test("Rows are predictions, columns are truth, the last column is no class")
  func counts() {
    let sparse = SparseConfusion(predictions: [0, 1, 1, 0, 1], truth: [0, 0, 1, 2, 1], classCount: 2)
    var matrix = ConfusionMatrix(classCount: 2)
    matrix.add(sparse)
    matrix.add(sparse)
    #expect(matrix.counts == [2, 0, 2, 2, 4, 0, 0, 0, 0])
    #expect(matrix[predicted: 1, truth: 0] == 2)
  }
}
