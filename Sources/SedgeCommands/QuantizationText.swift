// What was asked of a quantized file, what it was made with, what it costs: for convert and inspect.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import SedgeVerification

extension QuantizationRecord {
  /// What was measured, and what the file was made with, a line each.
  var lines: [String] {
    var lines: [String] = []
    if let claim = measuredQuality {
      lines.append(
        "claim    \(percentText(claim.labelChange, digits: 3)) of the labels changed, scores off by "
          + "\(percentText(claim.scoreRMS)) RMS and by at most \(figure((claim.scoreMaximum * 1e3).rounded() / 1e3))"
      )
      lines.append("         on \(claim.pictureText), with \(countText(claim.classCount)) classes")
    } else {
      lines.append("claim    nothing was measured")
    }
    if let calibration {
      let what =
        calibration.isCompensated
        ? "errors compensated in each layer, biases corrected" : "no errors compensated"
      lines.append("learned  from \(calibration.pictureText): \(what)")
    } else {
      lines.append("learned  nothing: the weights alone decided")
    }
    return lines
  }
}

extension QuantizationRecord.Calibration {
  /// How many pictures, and what they were.
  var pictureText: String { picturesText(pictureCount, source) }
}

extension QuantizationRecord.MeasuredQuality {
  /// How many pictures, what they were, and whether calibration saw them.
  var pictureText: String {
    picturesText(pictureCount, source) + (isHeldOut ? " held out" : " that it learned from too")
  }
}

private func picturesText(_ count: Int, _ source: String) -> String {
  let noun = count == 1 ? "picture" : "pictures"
  return
    (source == "synthetic"
    ? "\(count) synthetic \(noun)"
    : source == "pictures of the user" ? "\(count) \(noun) of yours" : "\(count) \(noun) (\(source))")
}

/// What was paid where: by kind of tensor, and for the tensors that matter most, or for all.
struct QuantizationText {
  let summary: ConversionSummary
  /// Whether all tensors are listed.
  let isWhole: Bool

  /// Marks bits that rows of zeros make small.
  private static let mark = "*"

  var lines: [String] {
    [""] + kindTable.lines(width: WrappedText.width) + (isWhole ? allLines : worstLines)
      + (zeroRowLines.isEmpty ? [] : [""] + zeroRowLines)
  }

  /// Why tensors stayed floats.
  var floatLines: [String] {
    let reasons = Dictionary(grouping: summary.leftFloat, by: { $0.floatReason?.rawValue ?? "" })
      .sorted { $0.key < $1.key }
    return reasons.flatMap { reason, records in
      let elements = records.reduce(0) { $0 + $1.tensor.elementCount }
      return [
        "floats   \(counted(records.count, "tensor")), \(countText(elements)) weights: "
          + (records[0].floatReason?.text ?? reason)
      ] + (isWhole ? namePatterns(of: records.map(\.tensor.name)).map { "           \($0)" } : [])
    }
  }

  // MARK: Kinds

  private var kindTable: TextTable {
    let kinds = summary.kinds
    let hasShares = kinds.contains { $0.errorShare != nil }
    var table = TextTable(
      [
        ("kind", .left), ("tensors", .right), ("weights", .right), ("bits a weight", .right),
        ("bytes", .right),
      ] + (hasShares ? [("of the error", .right)] : []))
    for kind in kinds {
      table.add(
        [
          kind.kind.rawValue, countText(kind.tensorCount), countText(kind.elementCount),
          bitsText(kind.bitsPerWeight) + (kind.zeroElementCount > 0 ? Self.mark : ""),
          countText(kind.storedByteCount),
        ] + (hasShares ? [kind.errorShare.map { percentText($0, digits: 1) } ?? ""] : []))
    }
    table.add(
      ["vocabulary, header", "", "", "", countText(summary.otherByteCount)] + (hasShares ? [""] : []))
    return table
  }

  // MARK: Tensors

  private func bits(_ record: TensorRecord) -> String {
    bitsText(record.bitsPerWeight) + (summary.zeroRowCounts[record.tensor.name] == nil ? "" : Self.mark)
  }

  private var worstLines: [String] {
    let costliest = summary.costliestTensors.prefix(5)
    if !costliest.isEmpty {
      return worstLines("The tensors that cost the output most:", costliest, "of the error") {
        percentText($0.errorShare ?? 0, digits: 1)
      }
    }
    // What biases had to take upon themselves says little of how they were coded.
    let worst = summary.worstTensors.filter { $0.tensor.role != .bias || summary.header.quantization == nil }
    return worstLines("The tensors that coding changed most:", worst.prefix(5), "largest error") {
      figure($0.largestAbsoluteError)
    }
  }

  private func worstLines(
    _ title: String, _ records: ArraySlice<TensorRecord>, _ column: String, _ cell: (TensorRecord) -> String
  ) -> [String] {
    guard !records.isEmpty else { return [] }
    var table = TextTable([
      ("tensor", .left), ("codec", .whole), ("bits a weight", .right), ("bytes", .right),
      ("RMS error", .right),
      (column, .right),
    ])
    for record in records {
      table.add([
        record.tensor.name, record.codec.rawValue, bits(record), countText(record.storedByteCount),
        figure(record.relativeRMSError), cell(record),
      ])
    }
    return ["", title] + table.lines(width: WrappedText.width)
  }

  private var allLines: [String] {
    let records = summary.header.tensors
    let hasShares = records.contains { $0.errorShare != nil }
    var table = TextTable(
      [
        ("tensor", .left), ("codec", .whole), ("bits a weight", .right), ("bytes", .right),
        ("RMS error", .right),
      ] + (hasShares ? [("of the error", .right)] : []) + [("why float", .whole)])
    for record in records {
      table.add(
        [
          record.tensor.name, record.codec.rawValue, bits(record), countText(record.storedByteCount),
          figure(record.relativeRMSError),
        ] + (hasShares ? [record.errorShare.map { percentText($0, digits: 1) } ?? ""] : [])
          + [record.floatReason?.rawValue ?? ""])
    }
    return [""] + table.linesUnderModules(width: WrappedText.width)
  }

  private var zeroRowLines: [String] {
    summary.zeroRowCounts.sorted { $0.key < $1.key }.compactMap { name, count in
      guard let record = summary.header.tensors.first(where: { $0.tensor.name == name }) else { return nil }
      let (rows, _) = record.tensor.matrix(for: record.codec)
      let bits = 8 * Double(record.storedByteCount) / Double(max(record.tensor.elementCount, 1))
      let others = rows > count ? bits * Double(rows) / Double(rows - count) : 0
      return
        "\(Self.mark) \(name): \(countText(count)) of \(countText(rows)) rows are zeros and take "
        + "no bits, the others \(bitsText(others)) a weight"
    }
  }
}

/// The quantization record as JSON.
struct QuantizationJSON: Encodable {
  struct Calibration: Encodable {
    var pictures: Int
    var source: String
    var compensated: Bool
  }

  struct Claim: Encodable {
    var pictures: Int
    var source: String
    var heldOut: Bool
    var classes: Int
    var labelChange: Double
    var scoreRms: Double
    var scoreMax: Double
  }

  var wish: String
  var calibration: Calibration?
  var claim: Claim?

  init(_ record: QuantizationRecord) {
    wish = record.requested
    calibration = record.calibration.map {
      Calibration(pictures: $0.pictureCount, source: $0.source, compensated: $0.isCompensated)
    }
    claim = record.measuredQuality.map {
      Claim(
        pictures: $0.pictureCount, source: $0.source, heldOut: $0.isHeldOut, classes: $0.classCount,
        labelChange: $0.labelChange, scoreRms: $0.scoreRMS, scoreMax: $0.scoreMaximum)
    }
  }
}
