// Rows as JSON: one line a picture, as in files of rows and in results.

package import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension PictureRow {
  /// One JSON object in one line, with the keys in a fixed order.
  ///
  /// `confusion` has `[predicted, truth, count]`; `boundary` has `[label, intersection, predicted, truth]`; `change` has
  /// `[pixels, changed, toward, away]`.
  package var json: String {
    var text = "{\"index\":\(index),\"name\":\(Self.quoted(name))"
    if let error {
      text += ",\"error\":\(Self.quoted(error))"
    } else {
      text += ",\"models\":[" + outcomes.map(Self.text).joined(separator: ",") + "]"
    }
    if !microseconds.isEmpty { text += ",\"microseconds\":\(Self.text(microseconds))" }
    return text + "}"
  }

  private static func text(_ outcome: Outcome) -> String {
    let cells = outcome.counts.confusion.cells.map { text([$0.predicted, $0.truth, $0.count]) }
    let boundaries = outcome.counts.boundaries.map {
      text([$0.label, $0.intersection, $0.predicted, $0.truth])
    }
    let change = outcome.change.map { ",\"change\":\(text([$0.pixels, $0.changed, $0.toward, $0.away]))" }
    return "{\"kept_classes\":\(outcome.keptClasses),\"confusion\":[\(cells.joined(separator: ","))],"
      + "\"boundary\":[\(boundaries.joined(separator: ","))]\(change ?? "")}"
  }

  private static func text(_ values: [Int]) -> String {
    "[" + values.map(String.init).joined(separator: ",") + "]"
  }

  private static func quoted(_ text: String) -> String {
    // A string has no reason to fail.
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}

extension PictureRow {
  /// Reads what ``json`` writes.
  ///
  /// - Parameters:
  ///   - classCount: The number of classes that count.
  ///   - modelCount: The number of outcomes that a row without an error has.
  /// - Throws: `FormatError` where the row is not as written.
  package init(
    _ reader: inout JSONReader, classCount: Int, modelCount: Int
  ) throws(FormatError) {
    var (index, name, error): (Int?, String?, String?) = (nil, nil, nil)
    var outcomes: [Outcome] = []
    var microseconds: [Int] = []
    try reader.object { reader, key throws(FormatError) in
      switch key {
      case "index": index = try reader.integer()
      case "name": name = try reader.string()
      case "error": error = try reader.string()
      case "microseconds": microseconds = try reader.integers()
      case "models":
        try reader.array { reader throws(FormatError) in
          outcomes.append(try Self.outcome(&reader, classCount: classCount))
        }
      default: try reader.skipValue()
      }
    }
    guard let index, let name else { throw reader.fault("a row has no index or no name") }
    guard error != nil || outcomes.count == modelCount else {
      throw reader.fault("row \(index) has \(outcomes.count) models, expected \(modelCount)")
    }
    if let error {
      self.init(index: index, name: name, error: error)
    } else {
      self.init(index: index, name: name, outcomes: outcomes, microseconds: microseconds)
    }
  }

  private static func outcome(
    _ reader: inout JSONReader, classCount: Int
  ) throws(FormatError) -> Outcome {
    var cells: [SparseConfusion.Cell] = []
    var boundaries: [BoundaryCount] = []
    var (kept, change): (Int?, LabelChange?) = (nil, nil)
    try reader.object { reader, key throws(FormatError) in
      switch key {
      case "kept_classes": kept = try reader.integer()
      case "confusion":
        try reader.array { reader throws(FormatError) in
          cells.append(try cell(&reader, classCount: classCount, after: cells.last))
        }
      case "boundary":
        try reader.array { reader throws(FormatError) in
          boundaries.append(try boundary(&reader, classCount: classCount, after: boundaries.last))
        }
      case "change": change = try labelChange(&reader)
      default: try reader.skipValue()
      }
    }
    guard let kept, isCount(kept, least: 0) else {
      throw reader.fault("a model of a row has no kept_classes")
    }
    return Outcome(
      counts: PictureCounts(confusion: SparseConfusion(cells: cells), boundaries: boundaries),
      keptClasses: kept, change: change)
  }

  private static func cell(
    _ reader: inout JSONReader, classCount: Int, after last: SparseConfusion.Cell?
  ) throws(FormatError) -> SparseConfusion.Cell {
    let values = try reader.integers()
    guard values.count == 3, values[0] <= classCount, values[1] <= classCount, isCount(values[2], least: 1),
      last.map({ ($0.predicted, $0.truth) < (values[0], values[1]) }) ?? true
    else {
      throw reader.fault("\(values) is no confusion of \(classCount) classes, or not in order")
    }
    return SparseConfusion.Cell(predicted: values[0], truth: values[1], count: values[2])
  }

  private static func boundary(
    _ reader: inout JSONReader, classCount: Int, after last: BoundaryCount?
  ) throws(FormatError) -> BoundaryCount {
    let values = try reader.integers()
    guard values.count == 4, values[0] < classCount, values[2...].allSatisfy({ isCount($0, least: 0) }),
      values[1] <= min(values[2], values[3]), last.map({ $0.label < values[0] }) ?? true
    else {
      throw reader.fault("\(values) is no boundary of \(classCount) classes, or not in order")
    }
    return BoundaryCount(
      label: values[0], intersection: values[1], predicted: values[2], truth: values[3])
  }

  private static func labelChange(_ reader: inout JSONReader) throws(FormatError) -> LabelChange {
    let values = try reader.integers()
    guard values.count == 4, isCount(values[0], least: 0), values[1] <= values[0],
      values[2] <= values[1], values[3] <= values[1] - values[2]
    else { throw reader.fault("\(values) is no change of labels") }
    return LabelChange(pixels: values[0], changed: values[1], toward: values[2], away: values[3])
  }

  /// Whether a number of pixels is one that a picture can have; sums of such numbers do not overflow.
  private static func isCount(_ value: Int, least: Int) -> Bool { (least...(1 << 32)).contains(value) }
}
