// Category early rejection: which classes stay.

import SedgeRunner
import SedgeTensor
import Testing

@Suite("Early rejection")
struct RejectionTests {
  /// One line of scores for each class, one column for each pixel.
  private func scores(_ rows: [[Float]]) -> Tensor {
    Tensor(shape: [rows.count, 1, rows[0].count, 1], values: rows.flatMap { $0 })
  }

  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var rows: [[Float]]
    var k: Int
    var kept: [Int]
  }

  @Test(
    "A class stays while it is among the k best of some pixel",
    arguments: [
      Case(testDescription: "best of one pixel", rows: [[1], [3], [2]], k: 1, kept: [1]),
      Case(testDescription: "two best of one pixel", rows: [[1], [3], [2]], k: 2, kept: [1, 2]),
      Case(testDescription: "best of two pixels", rows: [[1, 9], [3, 2], [2, 4]], k: 1, kept: [0, 1]),
      Case(testDescription: "as many as classes", rows: [[1], [3], [2]], k: 3, kept: [0, 1, 2]),
      Case(testDescription: "more than classes", rows: [[1], [3]], k: 100, kept: [0, 1]),
      Case(testDescription: "one class", rows: [[-5, -5]], k: 1, kept: [0]),
      Case(testDescription: "all equal, the first wins", rows: [[2], [2], [2], [2]], k: 2, kept: [0, 1]),
      Case(testDescription: "equal to the worst kept", rows: [[1], [5], [1], [1]], k: 2, kept: [0, 1]),
      Case(testDescription: "zeros of either sign are equal", rows: [[-0.0], [0]], k: 1, kept: [0]),
      Case(
        testDescription: "infinities", rows: [[-.infinity], [.infinity], [0], [-.infinity]], k: 2,
        kept: [1, 2]),
    ])
  func kept(_ it: Case) {
    #expect(topClasses(scores(it.rows), k: it.k) == it.kept)
  }

  @Test("Scores that are no numbers keep at least one class and crash nothing", arguments: 1...4)
  func notNumbers(k: Int) {
    for rows: [[Float]] in [
      [[.nan], [.nan], [.nan], [.nan]], [[.nan], [1], [2], [3]], [[1], [.nan], [3], [2]],
      [[3], [2], [1], [.nan]],
    ] {
      let kept = topClasses(scores(rows), k: k)
      #expect(kept.count == min(k, 4) && kept == kept.sorted() && Set(kept).isSubset(of: 0..<4))
    }
  }

  @Test("The classes are those of a stable sort", arguments: 1...6)
  func sorted(k: Int) {
    // Few different scores, so that many are equal.
    let values = (0..<7 * 40).map { Float($0 &* 7919 % 13 % 5) }
    let tensor = Tensor(shape: [7, 5, 8, 1], values: values)
    var expected: Set<Int> = []
    for pixel in 0..<40 {
      let order = (0..<7).sorted { (values[$1 * 40 + pixel], $0) < (values[$0 * 40 + pixel], $1) }
      expected.formUnion(order.prefix(k))
    }
    #expect(topClasses(tensor, k: k) == expected.sorted())
  }
}
