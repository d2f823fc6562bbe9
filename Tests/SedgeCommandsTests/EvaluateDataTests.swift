// Every form of label maps and of predictions gives the confusion of the plain one.

import Foundation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("evaluate: forms of data sets")
struct EvaluateDataTests {
  private static let names = ["bricks", "sand", "sky"]
  /// The number of classes of `Fixtures/shapes`.
  private static let classCount = 54

  /// The right labels of the drawn pictures; `nil` for a band at the top, which is to have no class.
  private static func truth(_ name: String) throws -> (map: LabelMap, labels: [Int?]) {
    let map = try LabelMap(path: fixture("pictures/\(name).labels.png"))
    return (map, map.labels.enumerated().map { $0.offset < 20 * map.width ? nil : $0.element })
  }

  /// Makes label maps and evaluates.
  ///
  /// - Returns: The confusion, row by row.
  private static func confusion(
    _ options: [String] = [], set: String? = nil, write: (LabelMap, String) throws -> Void,
    coding: (Int?) -> Int
  ) throws -> [[Int]] {
    let folder = try TemporaryFolder()
    for name in ["images", "labels"] { try FileSystem.makeFolders(folder.file(name)) }
    for name in names {
      _ = try folder.write(bytes(of: fixture("pictures/\(name).png")), to: "images/\(name).png")
      let (map, labels) = try truth(name)
      try write(
        LabelMap(width: map.width, height: map.height, labels: labels.map(coding)),
        folder.file("labels/\(name)"))
    }
    let classes = fixture("shapes/classes.json")
    var data = ["--images", folder.file("images"), "--labels", folder.file("labels"), "--classes", classes]
    if let set {
      let text = """
        {"format": "sedge data set", "version": 1, "images": "images", "labels": "labels", "classes": "\(classes)", \(set)}
        """
      data = ["--data", try folder.write(Array(text.utf8), to: "set.json")]
    }
    let outcome = try SedgeProgram.run(
      ["evaluate", Inputs.shared.file("int8.sedge"), "--no-text-cache", "--json", "--preprocess", "square"]
        + data + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let models = try #require(try outcome.json()["models"] as? [[String: Any]])
    return try #require(models.first?["confusion"] as? [[Int]])
  }

  private static func png(_ map: LabelMap, _ path: String) throws { try map.writePNG(to: path + ".png") }

  private static let plain = Result { try confusion(write: png) { $0 ?? 255 } }

  @Test("Pixels of no class are in the last column, all others in the column of their class")
  func columns() throws {
    let plain = try Self.plain.get()
    #expect(plain.count == Self.classCount + 1 && plain.allSatisfy { $0.count == Self.classCount + 1 })
    var expected = [Int](repeating: 0, count: Self.classCount + 1)
    for name in Self.names {
      for label in try Self.truth(name).labels { expected[label ?? Self.classCount] += 1 }
    }
    #expect(expected.indices.map { column in plain.reduce(0) { $0 + $1[column] } } == expected)
  }

  @Test("Labels that begin with 1, as raw ADE20K's")
  func offset() throws {
    let found = try Self.confusion(["--label-offset", "-1"], write: Self.png) { $0.map { $0 + 1 } ?? 0 }
    #expect(found == (try Self.plain.get()))
  }

  @Test("A value of no class beyond the classes, as PC-459's")
  func ignored() throws {
    let found = try Self.confusion(["--ignore-label", "54"], write: Self.png) { $0 ?? 54 }
    #expect(found == (try Self.plain.get()))
  }

  @Test("TIFF of 16 bits with 65535, as A-847's")
  func tiff() throws {
    let set = #""image_endings": ["png"], "label_endings": ["tif"], "ignore_label": 65535"#
    let found = try Self.confusion(set: set) { map, path in
      try Data(Self.tiff(map)).write(to: URL(fileURLWithPath: path + ".tif"))
    } coding: {
      $0 ?? 65535
    }
    #expect(found == (try Self.plain.get()))
  }

  @Test("PNG of 16 bits")
  func wide() throws {
    let found = try Self.confusion(write: Self.png) { $0 ?? 65535 }
    #expect(found == (try Self.plain.get()))
  }

  @Test("Indices of a palette, as PASCAL VOC's")
  func palette() throws {
    let found = try Self.confusion {
      try $0.writePNG(to: $1 + ".png", palette: Palette.vocColors)
    } coding: {
      $0 ?? 255
    }
    #expect(found == (try Self.plain.get()))
  }

  @Test("Values of other numbers, by a map")
  func mapped() throws {
    let entries = (0..<Self.classCount).map { "\"\(200 - $0)\": \($0)" } + [#""7": null"#]
    let found = try Self.confusion(
      set: "\"label_map\": {\(entries.joined(separator: ", "))}", write: Self.png
    ) { $0.map { 200 - $0 } ?? 7 }
    #expect(found == (try Self.plain.get()))
  }

  @Test("Predicted classes that count as one, as PAS-20b's background")
  func background() throws {
    let first = 6
    let set =
      #""prediction_map": [{"first": \#(first), "last": 53, "class": \#(first), "name": "background"}]"#
    let found = try Self.confusion(set: set, write: Self.png) { $0.map { min($0, first) } ?? 255 }
    var expected = [[Int]](repeating: [Int](repeating: 0, count: first + 2), count: first + 2)
    let counted = { (label: Int) in label == Self.classCount ? first + 1 : min(label, first) }
    for (predicted, row) in try Self.plain.get().enumerated() {
      for (truth, count) in row.enumerated() { expected[counted(predicted)][counted(truth)] += count }
    }
    #expect(found == expected)
  }

  /// A TIFF of one strip of 16-bit gray, uncompressed (TIFF 6.0, section 4).
  private static func tiff(_ map: LabelMap) -> [UInt8] {
    let pixels = map.labels.flatMap { littleEndian(UInt16($0)) }
    let entries: [(tag: UInt16, value: Int)] = [
      (256, map.width), (257, map.height), (258, 16), (259, 1), (262, 1), (273, 8 + 2 + 9 * 12 + 4), (277, 1),
      (278, map.height), (279, pixels.count),
    ]
    let directory = entries.flatMap { entry in
      // One number of 32 bits each.
      littleEndian(entry.tag) + littleEndian(UInt16(4)) + littleEndian(UInt32(1))
        + littleEndian(UInt32(entry.value))
    }
    return [0x49, 0x49, 42, 0] + littleEndian(UInt32(8)) + littleEndian(UInt16(entries.count)) + directory
      + littleEndian(UInt32(0)) + pixels
  }
}
