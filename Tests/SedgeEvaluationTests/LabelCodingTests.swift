// Values of label maps become classes as their coding says.

import Foundation
import SedgeEvaluation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Coding of labels")
struct LabelCodingTests {
  private static func map(_ labels: [Int]) -> LabelMap {
    LabelMap(width: labels.count, height: 1, labels: labels)
  }

  struct Case: Sendable {
    var coding: LabelCoding
    var stored: [Int]
    var classes: [Int32]
  }

  static let cases = [
    // No class is -1, 255 and 65535, as far as these are no classes.
    Case(
      coding: LabelCoding(classCount: 150), stored: [0, 149, 255, 65535, -1],
      classes: [0, 149, 150, 150, 150]),
    Case(coding: LabelCoding(classCount: 847), stored: [0, 255, 846, 65535], classes: [0, 255, 846, 847]),
    // PC-459.
    Case(
      coding: LabelCoding(classCount: 459, ignoredValues: [459]), stored: [0, 255, 458, 459],
      classes: [0, 255, 458, 459]),
    // Raw ADE20K: 1 to 150, and 0 for no class.
    Case(
      coding: LabelCoding(classCount: 150, offset: -1), stored: [0, 1, 150, 255], classes: [150, 0, 149, 150]),
    Case(coding: LabelCoding(classCount: 3, offset: -10), stored: [0, 9, 10, 12], classes: [3, 3, 0, 2]),
    Case(coding: LabelCoding(classCount: 3, offset: 2), stored: [0, -1], classes: [2, 3]),
    // An ignored value is looked for before the offset, the map behind it.
    Case(
      coding: LabelCoding(
        classCount: 2, ignoredValues: [5], offset: -1,
        replacements: [.init(value: 5, label: 0), .init(value: 7, label: nil), .init(value: -1, label: 1)]),
      stored: [5, 6, 8, 0, 1, 2], classes: [2, 0, 2, 1, 0, 1]),
    // Samples of 32 bits.
    Case(
      coding: LabelCoding(classCount: 2, ignoredValues: [1 << 30]), stored: [1, 1 << 30, 0],
      classes: [1, 2, 0]),
  ]

  @Test("Each value is a class or none", arguments: cases)
  func codes(_ item: Case) throws {
    #expect(try item.coding.classes(of: Self.map(item.stored)) == item.classes)
  }

  @Test("A value beyond the classes is refused with the file and the likely reason")
  func refuses() throws {
    let beyond = try #require(throws: UsageError.self) {
      _ = try LabelCoding(classCount: 150).classes(of: Self.map([0, 150, 255]), path: "a.png")
    }
    #expect(beyond.path == "a.png")
    #expect(beyond.description.contains("go up to 150, but the 150 classes are 0 to 149"))
    #expect(beyond.description.contains("ADE20K"))
    let negative = try #require(throws: UsageError.self) {
      _ = try LabelCoding(classCount: 3).classes(of: Self.map([0, -7]))
    }
    #expect(negative.kind == .negativeLabel(-7))
    #expect(throws: UsageError.self) {
      _ = try LabelCoding(classCount: 3, ignoredValues: [0]).classes(of: Self.map([0, 255]))
    }
  }

  @Test("A coding is the same after it was written and read")
  func roundTrip() throws {
    for item in Self.cases {
      let bytes = try JSONEncoder().encode(item.coding)
      #expect(try JSONDecoder().decode(LabelCoding.self, from: bytes) == item.coding)
    }
  }

  // Written by Pillow 11.
  static let files: [(name: String, text: String, coding: LabelCoding, classes: [Int32])] = [
    (
      "A-847: 16-bit TIFF with 65535",
      "SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAEAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAAAgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAAAAE4D//8sAf8A//8=",
      LabelCoding(classCount: 847, ignoredValues: [65535]), [0, 846, 847, 300, 255, 847]
    ),
    (
      "PC-459: 16-bit TIFF with 459",
      "SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAEAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAAAgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAAAAMsBygH/AAEAywE=",
      LabelCoding(classCount: 459, ignoredValues: [459]), [0, 459, 458, 255, 1, 459]
    ),
    (
      "PC-459: the same, compressed",
      "SUkqABgAAACAAAAMsAsoAv8AAGBgGAgACQAAAQMAAQAAAAMAAAABAQMAAQAAAAIAAAACAQMAAQAAABAAAAADAQMAAQAAAAUAAAAGAQMAAQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAAAIAAAAXAQQAAQAAAA8AAAAcAQMAAQAAAAEAAAAAAAAA",
      LabelCoding(classCount: 459, ignoredValues: [459]), [0, 459, 458, 255, 1, 459]
    ),
    (
      "8-bit TIFF",
      "SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAACAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAAAgAAABcBBAABAAAABgAAABwBAwABAAAAAQAAAAAAAAAAAf8Clf8=",
      LabelCoding(classCount: 150, ignoredValues: [255]), [0, 1, 150, 2, 149, 150]
    ),
    (
      "PNG with PASCAL VOC's palette",
      "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACBAMAAABvWnspAAAAMFBMVEUAAACAAAAAgACAgAAAAICAAIAAgICAgIBAAADAAABAgADAgABAAIDAAIBAgIDAgIDNKP1wAAAADklEQVR4nGNklGew/wAAAfsBUdfQPNgAAAAASUVORK5CYII=",
      LabelCoding(classCount: 16), [0, 1, 2, 3, 15, 15]
    ),
  ]

  @Test("Label maps of every published form are read and coded", arguments: files)
  func readsFiles(name: String, text: String, coding: LabelCoding, classes: [Int32]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(try #require(Data(base64Encoded: text))), to: "labels")
    let map = try LabelMap(path: path)
    #expect((map.width, map.height) == (3, 2))
    #expect(try coding.classes(of: map) == classes, "\(name)")
  }
}
