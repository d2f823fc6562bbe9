// The labels of a model on a data set, kept for later comparisons.

import SedgeByteCompression
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The facts that labels depend on.
package struct LabelStorePlan: Hashable, Sendable, Codable {
  /// The format's name.
  package static let formatName = "sedge evaluation labels"

  /// ``formatName``.
  package var format = formatName
  /// The version of the program.
  package var sedgeVersion: String
  /// The pictures and classes; groups do not matter.
  package var data: EvaluationPlan.Data
  /// The model.
  package var model: EvaluatedModelFacts
  /// Its settings of early rejection; -1 keeps all classes.
  package var topKs: [Int]
  /// Who chose them; `nil` in files of earlier releases.
  package var topKOrigin: TopKSettings.Origin?
  /// The model's own default; -1 keeps all classes.
  package var defaultTopK: Int?

  /// Creates facts.
  package init(
    sedgeVersion: String, data: EvaluationPlan.Data, model: EvaluatedModelFacts, topKs: TopKSettings
  ) {
    (self.sedgeVersion, self.data, self.model) = (sedgeVersion, data, model)
    self.data.groups = []
    self.topKs = topKs.topKs.map { $0 ?? -1 }
    (topKOrigin, defaultTopK) = (topKs.origin, topKs.defaultTopK ?? -1)
  }

  /// The settings of early rejection that the labels are of.
  package var topKSettings: TopKSettings {
    let settings = { (topK: Int) in topK < 0 ? nil : topK }
    return TopKSettings(topKs.map(settings), origin: topKOrigin, defaultTopK: defaultTopK.flatMap(settings))
  }
}

/// The labels that ``LabelStoreWriter`` wrote, read without trusting them.
package final class LabelStore {
  /// The facts that the labels depend on.
  package let plan: LabelStorePlan
  /// Bytes of the whole lines.
  package private(set) var wholeByteCount: Int
  private let file: InputFile
  private var places: [Place: (byteOffset: Int, byteCount: Int)] = [:]

  private struct Place: Hashable {
    var index: Int
    var setting: Int
  }

  private static let maximumLineByteCount = 1 << 30

  /// Opens a file and checks every line.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is no such file or is damaged.
  package init(path: String) throws {
    file = try InputFile(path: path)
    var lines = LineReader(file, maximumByteCount: Self.maximumLineByteCount)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let first = try lines.next(), RowLine.isWhole(first.bytes[...]),
      let plan = try? decoder.decode(LabelStorePlan.self, from: Data(first.bytes)),
      plan.format == LabelStorePlan.formatName, !plan.topKs.isEmpty
    else {
      throw FormatError(
        .malformed("expected the labels that sedge evaluate --save-reference wrote"), path: path)
    }
    self.plan = plan
    wholeByteCount = first.endByteOffset
    while let line = try lines.next() {
      guard RowLine.isWhole(line.bytes[...]) else {
        if line.endByteOffset == file.byteCount { break }
        throw FormatError(.checksumMismatch(part: "a row"), path: path, byteOffset: line.byteOffset)
      }
      let row = try Self.row(line.bytes, path: path, byteOffset: line.byteOffset)
      places[row.place] = (line.byteOffset, line.bytes.count)
      wholeByteCount = line.endByteOffset
    }
  }

  /// Makes sure that the labels are of the same pictures, classes and program.
  ///
  /// - Throws: ``EvaluationError`` with the setting that differs.
  package func check(_ data: EvaluationPlan.Data, sedgeVersion: String) throws(EvaluationError) {
    var expected = data
    expected.groups = []
    let facts: [(String, String, String)] = [
      ("version of sedge", plan.sedgeVersion, sedgeVersion),
      ("preprocessing", plan.data.preprocess, expected.preprocess),
      ("number of pictures", "\(plan.data.pictureCount)", "\(expected.pictureCount)"),
      ("pictures or class names", plan.data.fingerprint, expected.fingerprint),
    ]
    for (setting, found, expected) in facts where found != expected {
      throw EvaluationError(
        .otherReference(setting: setting, found: found, expected: expected), path: file.path)
    }
  }

  /// Whether the labels of a picture are there.
  func contains(index: Int, setting: Int) -> Bool { places[Place(index: index, setting: setting)] != nil }

  /// Reads the labels of a picture.
  ///
  /// - Throws: `FormatError` where they are missing, damaged or of another number of pixels.
  func labels(index: Int, setting: Int, pixelCount: Int) throws(FormatError) -> PredictedLabels {
    guard let place = places[Place(index: index, setting: setting)] else {
      throw FormatError(.malformed("has no labels of picture \(index)"), path: file.path)
    }
    let line = try file.bytes(at: place.byteOffset, count: place.byteCount)
    let row = try Self.row(line, path: file.path, byteOffset: place.byteOffset)
    guard row.pixelCount == pixelCount, let frame = Data(base64Encoded: row.labels) else {
      throw FormatError(
        .malformed("the labels of picture \(index) are \(row.pixelCount) pixels, expected \(pixelCount)"),
        path: file.path)
    }
    let bytes = unsafe try ZstdFrame.decompress([UInt8](frame).span.bytes, limit: 2 * pixelCount)
    guard bytes.count == 2 * pixelCount else {
      throw FormatError(.malformed("the labels of picture \(index) are damaged"), path: file.path)
    }
    let labels = stride(from: 0, to: bytes.count, by: 2).map { Int32(bytes[$0]) | Int32(bytes[$0 + 1]) << 8 }
    guard labels.allSatisfy({ Int($0) < plan.askedClassCount }) else {
      throw FormatError(.malformed("the labels of picture \(index) are no classes"), path: file.path)
    }
    return PredictedLabels(labels: labels, keptClasses: row.keptClasses, microseconds: 0)
  }

  private static func row(
    _ line: [UInt8], path: String, byteOffset: Int
  ) throws(FormatError) -> (place: Place, keptClasses: Int, pixelCount: Int, labels: String) {
    try FormatError.locating(path: path) { () throws(FormatError) in
      var reader = try JSONReader(line, startByteOffset: byteOffset, part: "a row")
      var place = Place(index: -1, setting: 0)
      var (kept, pixels, labels) = (0, 0, "")
      try reader.object { reader, key throws(FormatError) in
        switch key {
        case "index": place.index = try reader.integer()
        case "setting": place.setting = try reader.integer()
        case "kept_classes": kept = try reader.integer()
        case "pixels": pixels = try reader.integer()
        case "labels": labels = try reader.string()
        default: try reader.skipValue()
        }
      }
      return (place, kept, pixels, labels)
    }
  }
}

extension LabelStorePlan {
  /// The number of classes that labels index.
  fileprivate var askedClassCount: Int { (data.askedClasses ?? data.classes).count }
}
