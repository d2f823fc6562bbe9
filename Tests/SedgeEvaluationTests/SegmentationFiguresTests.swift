// Figures against detectron2's definition in NumPy and in exact fractions: Scripts/evaluation_oracle.py prints the values.

import Foundation
import SedgeEvaluation
import Testing

@Suite("Figures")
struct SegmentationFiguresTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let classCount: Int
    let seed: Int
    /// mIoU, mACC, fwIoU, pACC: the doubles nearest to the exact fractions; NumPy has the same 12 decimals.
    let exact: [Double]
    let decimals: [String]
    var testDescription: String { "\(classCount) classes" }
  }

  static let cases = [
    Case(
      classCount: 1, seed: 1, exact: [1, 1, 1, 1],
      decimals: ["1.000000000000", "1.000000000000", "1.000000000000", "1.000000000000"]),
    Case(
      classCount: 5, seed: 2,
      exact: [0.9924006528972882, 0.9932818004203582, 0.9977607268266044, 0.9988784999105985],
      decimals: ["0.992400652897", "0.993281800420", "0.997760726827", "0.998878499911"]),
    Case(
      classCount: 20, seed: 3,
      exact: [0.9889734930432031, 0.9936982363616831, 0.995476168394902, 0.9975948947590284],
      decimals: ["0.988973493043", "0.993698236362", "0.995476168395", "0.997594894759"]),
    Case(
      classCount: 150, seed: 4,
      exact: [0.932214597780487, 0.9610048428302324, 0.9633380854862128, 0.9796994563742496],
      decimals: ["0.932214597780", "0.961004842830", "0.963338085486", "0.979699456374"]),
    Case(
      classCount: 847, seed: 5,
      exact: [0.7485038236354451, 0.8324225786643842, 0.8217233249182404, 0.8913944155583828],
      decimals: ["0.748503823635", "0.832422578664", "0.821723324918", "0.891394415558"]),
  ]

  @Test("Figures are detectron2's", arguments: cases)
  func detectron2(_ item: Case) throws {
    let confusion = madeConfusion(classCount: item.classCount, seed: item.seed)
    let figures = SegmentationFigures(totals(confusion, classCount: item.classCount))
    let values = try [Figure.miou, .macc, .fwiou, .pacc].map { try #require(figures[$0]) }
    #expect(values.map { String(format: "%.12f", $0) } == item.decimals)
    // A sum of n numbers of 0...1 and the division round n + 1 times.
    for (value, exact) in zip(values, item.exact) {
      #expect(abs(value - exact) <= Double(item.classCount + 1) * 0x1p-53)
    }
  }

  @Test("The figures of a group count the group's classes alone, in the whole confusion")
  func group() throws {
    let all = totals(madeConfusion(classCount: 20, seed: 3), classCount: 20)
    let figures = SegmentationFigures(all, classes: [19, 0, 3, 5, 6])
    let values = try [Figure.miou, .macc, .fwiou, .pacc].map { try #require(figures[$0]) }
    #expect(
      values.map { String(format: "%.12f", $0) } == [
        "0.993769843821", "0.996539284354", "0.994740320300", "0.997020580846",
      ])
    #expect(SegmentationFigures(all, classes: 0..<20) == SegmentationFigures(all))
  }

  /// Rows are predictions: class 1 loses 1 pixel to 0 and 1 to 2, class 2 is not in the data, 7 pixels are of no class.
  private let small = SparseConfusion(cells: [
    .init(predicted: 0, truth: 0, count: 4), .init(predicted: 0, truth: 1, count: 1),
    .init(predicted: 0, truth: 3, count: 2), .init(predicted: 1, truth: 1, count: 3),
    .init(predicted: 1, truth: 3, count: 5), .init(predicted: 2, truth: 0, count: 1),
    .init(predicted: 2, truth: 1, count: 1),
  ])

  @Test("A class that the data does not have is no part of a mean; pixels of no class count nowhere")
  func absentClasses() {
    let all = totals(small, classCount: 3)
    let figures = SegmentationFigures(all)
    let (sky, tree) = (4.0 / 6, 3.0 / 5)
    #expect(figures.miou == (sky + tree) / 2)
    #expect(figures.macc == (0.8 + 0.6) / 2)
    #expect(figures.pacc == 0.7)
    #expect(figures.boundaryIou == nil)
    let classes = [ClassFigures](all)
    #expect(classes.map(\.iou) == [sky, tree, nil])
    #expect(classes.map(\.accuracy) == [0.8, 0.6, nil])
    #expect(classes.map(\.pixelCount) == [5, 5, 0])
    #expect(all.pixelCount == 10)
  }

  @Test("Predictions of no class count nowhere, as in detectron2's matrix without its last row")
  func predictionsOfNoClass() {
    var cells = small.cells
    cells.append(.init(predicted: 3, truth: 0, count: 100))
    #expect(totals(SparseConfusion(cells: cells), classCount: 3) == totals(small, classCount: 3))
  }

  @Test("Without a pixel of a class no figure is defined")
  func empty() {
    let none = SegmentationFigures(ClassTotals(classCount: 3))
    #expect(Figure.allCases.allSatisfy { none[$0] == nil })
    #expect(ClassTotals(classCount: 3).chanceMiou == nil)
  }

  @Test("Totals add up over pictures, machines and factors")
  func sums() {
    let other = madeConfusion(classCount: 3, seed: 8)
    let boundary = BoundaryCount(label: 1, intersection: 1, predicted: 3, truth: 2)
    var (whole, parts) = (ClassTotals(classCount: 3), ClassTotals(classCount: 3))
    for _ in 0..<3 { whole.add(PictureCounts(confusion: small, boundaries: [boundary])) }
    whole.add(picture(other))
    parts.add(PictureCounts(confusion: small, boundaries: [boundary]), times: 3)
    parts.add(totals(other, classCount: 3))
    #expect(whole == parts)
    #expect(SegmentationFigures(whole).boundaryIou == 1.0 / 4)
  }

  @Test(
    "Labels independent of the truth have the mIoU of chance",
    arguments: [
      (5, 2, "0.154985567827"), (20, 3, "0.030495562856"),
    ])
  func chance(classCount: Int, seed: Int, expected: String) throws {
    let all = totals(madeConfusion(classCount: classCount, seed: seed), classCount: classCount)
    #expect(String(format: "%.12f", try #require(all.chanceMiou)) == expected)
  }

  @Test("The most confused pairs come first, with their share of the truth")
  func confusedPairs() {
    var matrix = ConfusionMatrix(classCount: 3)
    matrix.add(small)
    let pairs = ConfusedPair.mostConfused(in: matrix, limit: 2)
    #expect(
      pairs == [
        ConfusedPair(truth: 0, predicted: 2, pixels: 1, share: 0.2),
        ConfusedPair(truth: 1, predicted: 0, pixels: 1, share: 0.2),
      ])
    #expect(ConfusedPair.mostConfused(in: matrix, limit: 9).count == 3)
  }
}
