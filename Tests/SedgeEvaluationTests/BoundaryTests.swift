// Boundary regions against erosion by brute force: Scripts/evaluation_oracle.py prints the counts.

import SedgeEvaluation
import TestSupport
import Testing

@Suite("Boundary IoU")
struct BoundaryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let width: Int
    let height: Int
    let classCount: Int
    let seed: Int
    let block: Int
    /// Label, intersection, predicted, truth.
    let counts: [[Int]]
    var testDescription: String { "\(width) x \(height)" }
  }

  static let cases = [
    Case(width: 7, height: 5, classCount: 3, seed: 2, block: 3, counts: [[2, 6, 6, 6]]),
    Case(
      width: 40, height: 30, classCount: 4, seed: 3, block: 10,
      counts: [[0, 88, 121, 92], [1, 174, 203, 191], [2, 40, 86, 52], [3, 89, 123, 92]]),
    // A diagonal of 125: 2.5 is rounded to 2.
    Case(
      width: 100, height: 75, classCount: 5, seed: 4, block: 25,
      counts: [
        [0, 0, 140, 0], [1, 882, 1803, 928], [2, 574, 1226, 600], [3, 195, 498, 200], [4, 0, 77, 0],
      ]),
    Case(
      width: 200, height: 150, classCount: 6, seed: 5, block: 60,
      counts: [
        [0, 755, 1920, 806], [1, 1036, 3059, 1100], [2, 2532, 8904, 2760], [3, 2493, 5192, 2800],
        [4, 699, 1848, 800], [5, 1649, 4233, 1800],
      ]),
    Case(
      width: 75, height: 100, classCount: 3, seed: 7, block: 40,
      counts: [[0, 268, 729, 284], [1, 290, 796, 304], [2, 893, 1681, 968]]),
  ]

  /// Blocks of labels; predictions with squares of other labels, truth with squares of no class.
  private func maps(_ item: Case) -> (predictions: [Int32], truth: [Int32]) {
    var numbers = MadeNumbers(seed: item.seed)
    let (across, down) = (item.width / item.block + 1, item.height / item.block + 1)
    let blocks = (0..<(across * down)).map { _ in Int32(numbers.next() % item.classCount) }
    var truth = (0..<(item.width * item.height)).map {
      blocks[$0 / item.width / item.block * across + $0 % item.width / item.block]
    }
    var predictions = truth
    func paint(_ labels: inout [Int32], x: Int, y: Int, side: Int, _ label: Int32) {
      for row in y..<min(y + side, item.height) {
        for column in x..<min(x + side, item.width) { labels[row * item.width + column] = label }
      }
    }
    for _ in 0...(item.width * item.height / 97) {
      let (x, y, side) = (
        numbers.next() % item.width, numbers.next() % item.height, numbers.next() % 5 + 1
      )
      paint(&predictions, x: x, y: y, side: side, Int32(numbers.next() % item.classCount))
    }
    for _ in 0..<3 {
      let (x, y, side) = (
        numbers.next() % item.width, numbers.next() % item.height, numbers.next() % 7 + 1
      )
      paint(&truth, x: x, y: y, side: side, Int32(item.classCount))
    }
    return (predictions, truth)
  }

  @Test("Regions are what the paper's erosion of each class takes away", arguments: cases)
  func erosion(_ item: Case) {
    let (predictions, truth) = maps(item)
    let counts = [BoundaryCount](
      predictions: predictions, truth: truth, width: item.width, height: item.height,
      classCount: item.classCount)
    #expect(counts.map { [$0.label, $0.intersection, $0.predicted, $0.truth] } == item.counts)
  }

  @Test("A prediction that is right wherever there is a class has the regions of the truth", arguments: cases)
  func perfect(_ item: Case) {
    let truth = maps(item).truth
    let predictions = truth.map { $0 == item.classCount ? 0 : $0 }
    let counts = [BoundaryCount](
      predictions: predictions, truth: truth, width: item.width, height: item.height,
      classCount: item.classCount)
    #expect(!counts.isEmpty)
    #expect(counts.allSatisfy { $0.intersection == $0.truth && $0.predicted == $0.truth })
  }

  @Test("A picture of one class has its border as region")
  func border() {
    let labels = [Int32](repeating: 1, count: 35)
    let counts = [BoundaryCount](predictions: labels, truth: labels, width: 7, height: 5, classCount: 2)
    #expect(counts == [BoundaryCount(label: 1, intersection: 20, predicted: 20, truth: 20)])
  }

  @Test("Pixels of no class count in no region", arguments: [(1, 1), (1, 9), (9, 1)])
  func noClass(width: Int, height: Int) {
    let pixels = width * height
    let counts = [BoundaryCount](
      predictions: Array(repeating: 0, count: pixels), truth: Array(repeating: 2, count: pixels),
      width: width, height: height, classCount: 2)
    #expect(counts.isEmpty)
  }

  @Test("A picture of 500 x 375 takes a few milliseconds, with 847 classes too")
  func speed() {
    let labels = (0..<(500 * 375)).map { pixel -> Int32 in
      let (x, y) = (pixel % 500, pixel / 500)
      return Int32(x / 50 * 80 + y / 50)
    }
    let seconds = processorSeconds {
      for _ in 0..<10 {
        _ = [BoundaryCount](
          predictions: labels, truth: labels, width: 500, height: 375, classCount: 847)
      }
    }
    #expect(seconds / 10 < 0.03)
  }
}
