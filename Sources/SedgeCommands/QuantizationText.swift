// What was asked of a quantized file, what it was made with, what it costs: for convert and inspect.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import SedgeVerification

extension QuantizationRecord {
  /// What the file was made with and what was measured, a line each.
  var lines: [String] {
    var lines: [String] = []
    if let calibration {
      let what =
        calibration.isCompensated
        ? "errors compensated in each layer, biases corrected" : "no errors compensated"
      lines.append("learned  from \(calibration.pictureText): \(what)")
    } else {
      lines.append("learned  nothing: the weights alone decided")
    }
    if let claim = measuredQuality {
      lines.append(
        "claim    \(percentText(claim.labelChange, digits: 3)) of the labels changed, scores off by "
          + "\(percentText(claim.scoreRMS)) RMS and by at most \(figure((claim.scoreMaximum * 1e3).rounded() / 1e3))"
      )
      lines.append("         on \(claim.pictureText), with \(countText(claim.classCount)) classes")
    } else {
      lines.append("claim    nothing was measured")
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

/// Prints what was paid where: by kind of tensor, and for the tensors that matter most.
struct QuantizationText {
  let summary: ConversionSummary
  /// Whether all tensors are listed.
  let isWhole: Bool

  /// Marks bits that rows of zeros make small.
  private static let mark = "*"

  func printed() {
    let isCoded = summary.header.tensors.contains { $0.relativeRMSError > 0 || !$0.codec.isFloat }
    print("\nquantized as \(summary.requested)")
    if let record = summary.header.quantization {
      for line in record.lines { print("\(line)") }
    } else if isCoded {
      print("learned  nothing: the weights alone decided (--calibrate)")
    }
    printFloats()
    print("")
    printKinds()
    if isWhole {
      printAll()
    } else {
      printWorst()
    }
    printZeroRows()
  }

  // MARK: Floats

  private func printFloats() {
    for (reason, records) in Dictionary(grouping: summary.leftFloat, by: { $0.floatReason?.rawValue ?? "" })
      .sorted(by: { $0.key < $1.key })
    {
      let elements = records.reduce(0) { $0 + $1.tensor.elementCount }
      print(
        "floats   \(records.count) tensors, \(countText(elements)) weights: \(records[0].floatReason?.text ?? reason)"
      )
      guard isWhole else { continue }
      for line in namePatterns(of: records.map(\.tensor.name)) { print("           \(line)") }
    }
  }

  // MARK: Kinds

  private func printKinds() {
    let kinds = summary.kinds
    let hasShares = kinds.contains { $0.errorShare != nil }
    let share: [(title: String, alignment: TextTable.Alignment)] = hasShares ? [("of the error", .right)] : []
    var table = TextTable(
      [
        ("kind", .left), ("tensors", .right), ("weights", .right), ("bits a weight", .right),
        ("bytes", .right),
      ]
        + share)
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
    table.printed()
  }

  // MARK: Tensors

  private func bits(_ record: TensorRecord) -> String {
    bitsText(record.bitsPerWeight) + (summary.zeroRowCounts[record.tensor.name] == nil ? "" : Self.mark)
  }

  private func printWorst() {
    let costliest = summary.costliestTensors.prefix(5)
    guard costliest.isEmpty else {
      print("\nThe tensors that cost the output most:")
      var table = TextTable([
        ("tensor", .left), ("codec", .left), ("bits a weight", .right), ("bytes", .right),
        ("relative RMS error", .right), ("of the error", .right),
      ])
      for record in costliest {
        table.add([
          record.tensor.name, record.codec.rawValue, bits(record), countText(record.storedByteCount),
          figure(record.relativeRMSError), percentText(record.errorShare ?? 0, digits: 1),
        ])
      }
      table.printed()
      return
    }
    // What biases had to take upon themselves says little of how they were coded.
    let worst = summary.worstTensors.filter { $0.tensor.role != .bias || summary.header.quantization == nil }
      .prefix(5)
    guard !worst.isEmpty else { return }
    print("\nThe tensors that coding changed most:")
    var table = TextTable([
      ("tensor", .left), ("codec", .left), ("bits a weight", .right), ("bytes", .right),
      ("relative RMS error", .right), ("largest error", .right),
    ])
    for record in worst {
      table.add([
        record.tensor.name, record.codec.rawValue, bits(record), countText(record.storedByteCount),
        figure(record.relativeRMSError), figure(record.largestAbsoluteError),
      ])
    }
    table.printed()
  }

  private func printAll() {
    let records = summary.header.tensors
    let hasShares = records.contains { $0.errorShare != nil }
    let shares: [(title: String, alignment: TextTable.Alignment)] =
      hasShares ? [("importance", .right), ("of the error", .right)] : []
    print("")
    var table = TextTable(
      [
        ("tensor", .left), ("shape", .left), ("codec", .left), ("bits a weight", .right), ("bytes", .right),
        ("relative RMS error", .right),
      ] + shares + [("why float", .left)])
    for record in records {
      table.add(
        [
          record.tensor.name, shapeText(record.tensor.shape), record.codec.rawValue, bits(record),
          countText(record.storedByteCount), figure(record.relativeRMSError),
        ]
          + (hasShares
            ? [
              record.importance.map { figure($0) } ?? "",
              record.errorShare.map { percentText($0, digits: 1) } ?? "",
            ] : []) + [record.floatReason?.rawValue ?? ""])
    }
    table.printed()
  }

  private func printZeroRows() {
    for (name, count) in summary.zeroRowCounts.sorted(by: { $0.key < $1.key }) {
      guard let record = summary.header.tensors.first(where: { $0.tensor.name == name }) else { continue }
      let (rows, _) = record.tensor.matrix(for: record.codec)
      let bits = 8 * Double(record.storedByteCount) / Double(max(record.tensor.elementCount, 1))
      let others = rows > count ? bits * Double(rows) / Double(rows - count) : 0
      print(
        "\(Self.mark) \(name): \(countText(count)) of \(countText(rows)) rows are zeros and take "
          + "no bits, the others \(bitsText(others)) a weight")
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
