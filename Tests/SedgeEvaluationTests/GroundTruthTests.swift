// Label maps that do not index the class list are named with the likely reason.

import SedgeEvaluation
import SedgeTensor
import SedgeImages
import SedgeTokenizer
import TestSupport
import Testing

@Suite("Ground truth")
struct GroundTruthTests {
  private static func check(_ maps: [[Int]], classCount: Int) throws -> [String] {
    let image = RGBImage(width: 1, height: 1, color: RGBColor(0, 0, 0))
    let names = (0..<classCount).map { "class \($0)" }
    return try GroundTruth(classes: ClassList(names: names)).check(
      maps.enumerated().map { index, labels in
        TestPicture(
          name: "map \(index)", image: image,
          truth: LabelMap(width: labels.count, height: 1, labels: labels))
      })
  }

  @Test(
    "Class indices and values for no class are accepted",
    arguments: [
      ([0, 1, 2, 255], 3), ([0, 1, 65535], 3), ([0, 1, 255, 256, 65535], 847), ([0, -1], 1),
      ([0, 255], 3000),
    ])
  func accepts(labels: [Int], classCount: Int) throws {
    #expect(try Self.check([labels], classCount: classCount) == [])
  }

  struct Case: Sendable {
    var labels: [Int]
    var classCount: Int
    var reason: String
  }

  static let cases = [
    Case(labels: [0, 1, 2, 3], classCount: 3, reason: "take 1 from every label and write 255 for 0"),
    Case(labels: [0, 150, 255], classCount: 150, reason: "they seem to begin with 1, as ADE20K's"),
    Case(labels: [7, 26, 33], classCount: 19, reason: "Cityscapes' _labelIds: take the _labelTrainIds"),
    Case(labels: [181, 255], classCount: 171, reason: "COCO's numbers, which have gaps"),
    Case(labels: [7, 26001], classCount: 19, reason: "numbers of instances"),
    // Pillow's luma of PASCAL VOC's colours 0, 1, 2, 15 and of the border.
    Case(labels: [0, 38, 75, 147, 220], classCount: 21, reason: "PASCAL VOC's palette turned gray"),
    Case(labels: [0, 85, 170], classCount: 3, reason: "stretched for viewing: divide them by 85"),
    Case(
      labels: [0, 200, 33], classCount: 3,
      reason: "give the class list that they index, or map them to 0 to 2"),
  ]

  @Test("Labels beyond the class list are refused with the highest and the likely reason", arguments: cases)
  func refuses(_ input: Case) throws {
    let error = try #require(throws: UsageError.self) {
      _ = try Self.check([[0], input.labels], classCount: input.classCount)
    }
    let highest = input.labels.filter { $0 != 255 }.max() ?? 0
    #expect(
      error.description.hasPrefix(
        "map 1: its labels go up to \(highest), but the \(input.classCount) classes are 0 to \(input.classCount - 1); "
      ))
    #expect(error.description.contains(input.reason), "\(error.description)")
  }

  @Test("Masks, maps without classes and maps without class 0 are reported")
  func tells() throws {
    let refused = try #require(throws: UsageError.self) {
      _ = try Self.check([[0, 255], [255]], classCount: 2)
    }
    #expect(refused.kind == .binaryMask)
    #expect(try Self.check([[0, 255]], classCount: 3) == [refused.description])
    let nothing = try #require(throws: UsageError.self) {
      _ = try Self.check([[255], [255, 65535]], classCount: 3)
    }
    #expect(nothing.kind == .noLabeledPixels(values: [255, 65535]))
    #expect(
      try Self.check([[1, 2]], classCount: 3) == [
        "no label map has class 0, class 0; if 0 stands for no class and 1 for the first, as in ADE20K, take 1 from every label"
      ])
    let negative = try #require(throws: UsageError.self) { _ = try Self.check([[0, -7]], classCount: 3) }
    #expect(negative.description == "map 0: its labels have -7, expected class indices")
  }
}
