// The report of inspect for people: what the file is, whether it fits, then a screen or all tensors.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import SedgeVerification

/// What a file contains, and whether it fits.
struct InspectionText {
  /// The whole file.
  var inspection: Inspection
  /// The tensors to list; `nil` for a summary of all.
  var listed: [Inspection.Entry]?

  /// The most problems, notes and groups outside the model in a summary.
  private static let summaryCount = 10

  /// The verdict, what is wrong and what to do, the model, and its tensors.
  var lines: [String] {
    let head = [verdict] + factLines + problemLines + noteLines
    guard let listed else {
      let table = inspection.tensors.isEmpty ? [] : [""] + summaryTable.lines
      return head + statisticsLines + modelLines + table
    }
    return head + modelLines + TensorListText(tensors: listed, of: inspection).lines + statisticsLines
  }

  // MARK: Verdict

  private var verdict: String {
    if inspection.fits { return "\(inspection.path): fits \(inspection.modelName ?? "the model")" }
    let model = inspection.diagnosis == nil ? inspection.modelName.map { " \($0)" } : nil
    return "\(inspection.path): does not fit\(model ?? "")"
  }

  private var factLines: [String] {
    let weights = inspection.tensors.reduce(0) { $0 + $1.elementCount }
    let facts = [
      inspection.formatName, bytesText(inspection.byteCount), counted(inspection.tensors.count, "tensor"),
      "\(magnitudeText(weights)) weights",
    ]
    let recovered = inspection.tensors.count { $0.evidence != nil }
    return [facts.joined(separator: ", ")] + [namingText].compactMap(\.self)
      + (recovered == 0
        ? []
        : ["names of \(counted(recovered, "tensor")) recovered from the graph (--tensors: the evidence)"])
  }

  private var namingText: String? {
    guard inspection.architecture != nil else { return nil }
    let naming = inspection.naming
    let names = naming.scheme == .sed ? "names" : "\(naming.scheme.rawValue)'s names"
    if naming.prefix.isEmpty { return naming.scheme == .sed ? nil : names }
    return "\(names) under \(naming.prefix)"
  }

  /// Everything that does not fit, and the way out.
  private var problemLines: [String] {
    if inspection.fits { return [] }
    if let diagnosis = inspection.diagnosis {
      return ["", ([diagnosis] + [inspection.remedy?.optionText].compactMap(\.self)).joined(separator: "; ")]
    }
    var lines = [""] + limited(inspection.problems.map { "  \($0.text(\.optionText))" }, "problem")
    if inspection.modelName == nil { lines.insert("no model that Sedge knows", at: 1) }
    if !inspection.problems.isEmpty, inspection.problems.allSatisfy(\.isUnexpected) {
      lines.append("nothing else is wrong; sedge convert \(Remedy.ignoreUnexpected.optionText)")
    }
    return lines
  }

  private var noteLines: [String] {
    guard !inspection.remarks.isEmpty else { return [] }
    return (inspection.fits ? [] : [""]) + limited(inspection.remarks.map { "note: \($0)" }, "note")
  }

  /// The first lines of a summary, or all of a list.
  private func limited(_ lines: [String], _ noun: String) -> [String] {
    guard listed == nil, lines.count > Self.summaryCount + 1 else { return lines }
    return lines.prefix(Self.summaryCount)
      + ["  and \(counted(lines.count - Self.summaryCount, "more \(noun)")) (--tensors)"]
  }

  /// What `--stats` found.
  private var statisticsLines: [String] {
    var shown = inspection
    shown.tensors = listed ?? inspection.tensors
    let lines = StatisticsText(inspection: shown, isWhole: listed != nil).lines
    return lines.isEmpty ? [] : [""] + lines
  }

  // MARK: Model

  private var modelLines: [String] {
    var lines: [String] = []
    if let architecture = inspection.architecture {
      lines += architectureLines(architecture) + hyperparameterLines
    }
    if let header = inspection.header { lines += headerLines(header) }
    return lines.isEmpty ? [] : [""] + lines
  }

  private func architectureLines(_ architecture: Architecture) -> [String] {
    let text = architecture.text
    let list = { (values: [Int]) in values.map(String.init).joined(separator: ",") }
    let line = { (label: String, facts: [String]) in
      label + facts.map(WrappedText.together).joined(separator: ", ")
    }
    let image: [String]
    switch architecture.image {
    case .convNeXt(let encoder):
      let head =
        switch encoder.head {
        case .linear: "linear head"
        case .mlp(let hidden): "MLP head of \(hidden)"
        }
      image = [
        "depths \(list(encoder.depths))", "widths \(list(encoder.widths))", "kernel \(encoder.kernel)", head,
      ]
    case .transformer(let encoder):
      image = [
        "width \(encoder.width)", "heads \(encoder.heads)", "layers \(encoder.layers)",
        "MLP \(encoder.hiddenWidth)", "patch \(encoder.patch)", "positions \(encoder.grid) x \(encoder.grid)",
        architecture.usesQuickGELU ? "QuickGELU" : "GELU",
      ]
    }
    let encoders = [
      line("image    ", image + ["embedding \(architecture.image.embeddingWidth)"]),
      line(
        "text     ",
        [
          "width \(text.width)", "heads \(text.heads)", "layers \(text.layers)",
          "context \(text.contextLength)",
          "vocabulary \(text.vocabularySize)",
        ]),
    ]
    switch architecture.segmenter {
    case .fusion(let decoder):
      return encoders + [
        line(
          "decoder  ",
          [
            "prompts \(decoder.promptCount)", "widths \(decoder.hiddenWidth) to \(list(decoder.widths))",
            "guidance \(list(decoder.guidanceWidths))", "heads \(decoder.heads)", "kernel \(decoder.kernel)",
            "pooling \(decoder.pooling)",
          ])
      ]
    case .aggregation(let aggregation):
      return encoders + [
        line(
          "costs    ",
          [
            "prompts \(aggregation.promptCount)", "width \(aggregation.hiddenWidth)",
            "guidance \(aggregation.guidanceWidth)", "layers \(aggregation.layers)",
            "heads \(aggregation.heads)",
            "grid \(aggregation.grid)", "window \(aggregation.window)", "pooling \(aggregation.pooling)",
            "classes \(aggregation.classLength)",
          ]),
        line(
          "decoder  ",
          [
            "widths \(list(aggregation.widths))", "guidance \(list(aggregation.guidanceWidths))",
            "of \(list(aggregation.upsampledWidths))",
          ]),
      ]
    case nil: return encoders
    }
  }

  /// How the numbers are known that shapes do not determine, those of one origin in a line.
  private var hyperparameterLines: [String] {
    let numbers = inspection.hyperparameters.map {
      HyperparameterReport(record: $0.record, values: $0.values)
    }
    guard !numbers.isEmpty else {
      return ["numbers  not recorded how heads, pooling, epsilon and the like are known"]
    }
    var origins: [(text: String, numbers: [String])] = []
    for number in numbers {
      if let index = origins.firstIndex(where: { $0.text == number.originText }) {
        origins[index].numbers.append(WrappedText.together(number.nameAndValue))
      } else {
        origins.append((number.originText, [WrappedText.together(number.nameAndValue)]))
      }
    }
    return origins.enumerated().map {
      ($0.offset == 0 ? "numbers  " : "         ") + $0.element.text + ": "
        + $0.element.numbers.joined(separator: ", ")
    }
  }

  private func classesLine(_ header: SedgeHeader) -> String {
    switch header.architecture.segmenter {
    case .fusion: "classes  early rejection " + (header.preprocessing.topK.map { "k = \($0)" } ?? "off")
    case .aggregation(let aggregation): "classes  the \(aggregation.classLength) most present of more"
    case nil: "scale    cosines times exp(\(header.logitScale.map { "\($0)" } ?? "unknown"))"
    }
  }

  private func headerLines(_ header: SedgeHeader) -> [String] {
    let preprocessing = header.preprocessing
    let list = { (values: [Float]) in values.map { "\($0)" }.joined(separator: ",") }
    var lines = [
      "input    \(preprocessing.resolution) x \(preprocessing.resolution)"
        + (preprocessing.resizing == .square ? "" : ", preprocessing \(preprocessing.resizing.rawValue)")
    ]
    // A file of an earlier Sedge does not say where they are from.
    if inspection.hyperparameters.isEmpty {
      lines.append(
        "         mean \(list(preprocessing.pixelMean)), deviation \(list(preprocessing.pixelStandardDeviation))"
      )
    }
    lines += [
      classesLine(header),
      "prompts  \(header.promptTemplates.count) templates"
        + (header.hasTextEncoder && header.tokenizer == nil ? "; no tokenizer" : "")
        + (header.hasTextEncoder ? "" : "; no text encoder"),
      "folds    \(header.folds.count { $0.obstacle == nil }) applied, \(header.folds.count { $0.obstacle != nil }) left",
    ]
    if let quantization = header.quantization {
      lines += ["asked    \(quantization.requested)"] + quantization.lines
    }
    for list in header.classLists { lines.append("list     \(list.name): \(list.classNames.count) classes") }
    for source in header.sources {
      lines += [
        "source   \(source.fileName), \(source.formatName), \(bytesText(source.byteCount))",
        "sha256   \(source.sha256.hexadecimalText)",
      ]
    }
    let options = header.options.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    if let provenance = header.provenance {
      lines += provenance.inputs.map { input in
        let name = input.fileName ?? "\(input.fileCount ?? 0) files"
        return "input    --\(input.option) \(name), SHA-256 \(input.sha256.hexadecimalText)"
      }
    }
    let commit = header.provenance?.commit.map { ", commit \($0)" } ?? ""
    let kernels = header.provenance?.kernels.map { ", kernels \($0)" } ?? ""
    lines.append("made by  sedge \(header.sedgeVersion)\(commit)\(kernels): \(options)")
    return lines
  }

  // MARK: Groups

  private var summaryTable: SummaryTable { SummaryTable(inspection, limit: Self.summaryCount) }
}

extension HyperparameterReport {
  /// Where the number is from, such as `derived from SED-B`.
  fileprivate var originText: String {
    switch origin {
    case "derived", "found": "\(origin)\(detail.map { " \(origin == "found" ? "in" : "from") \($0)" } ?? "")"
    default: "\(origin)\(detail.map { " \($0)" } ?? "")"
    }
  }
}

/// Parts and groups of tensors, as the model computes them.
private struct SummaryTable {
  private let inspection: Inspection
  /// The most groups outside the model.
  private let limit: Int

  init(_ inspection: Inspection, limit: Int) { (self.inspection, self.limit) = (inspection, limit) }

  var lines: [String] {
    let isSedge = inspection.header != nil
    var table = TextTable(
      [("part", .left), ("tensors", .right), ("largest", .right), ("weights", .right), ("bytes", .right)]
        + (isSedge ? [("bits", .right), ("codec", .whole)] : [("type", .whole)]))
    let groups = inspection.groups
    var omitted = 0
    for part in Inspection.partNames {
      let members = groups.filter { $0.part == part }
      guard !members.isEmpty else { continue }
      table.add(row(part, members.flatMap(\.tensors), isSedge))
      let isOutside = part == "other"
      for group in isOutside ? members.prefix(limit) : members[...] where !group.name.isEmpty {
        table.add(row("  \(group.name)", group.tensors, isSedge))
      }
      if isOutside { omitted = max(members.count - limit, 0) }
    }
    return table.lines(width: WrappedText.width)
      + (omitted == 0 ? [] : ["  and \(counted(omitted, "more name")) outside the model (--tensors)"])
  }

  private func row(_ name: String, _ tensors: [Inspection.Entry], _ isSedge: Bool) -> [String] {
    let weights = tensors.reduce(0) { $0 + $1.elementCount }
    let bytes = tensors.reduce(0) { $0 + ($1.storedByteCount ?? $1.byteCount) }
    let largest = tensors.max { $0.elementCount < $1.elementCount }
    let bits = 8 * Double(bytes) / Double(max(weights, 1))
    return [
      name, countText(tensors.count), largest.map { shapeText($0.shape) } ?? "", magnitudeText(weights),
      shortBytesText(bytes),
    ] + (isSedge ? [decimalText(bits, digits: 1)] : []) + [type(of: tensors)]
  }

  /// The type or codec of most of the bytes.
  private func type(of tensors: [Inspection.Entry]) -> String {
    let bytes = Dictionary(tensors.map { ($0.type, $0.byteCount) }, uniquingKeysWith: +)
    return bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
  }
}

/// The tensors of a file, one in a line, as the model computes them.
private struct TensorListText {
  private let tensors: [Inspection.Entry]
  private let isSedge: Bool

  init(tensors: [Inspection.Entry], of inspection: Inspection) {
    var listed = inspection
    listed.tensors = tensors
    (self.tensors, isSedge) = (listed.orderedTensors, inspection.header != nil)
  }

  var lines: [String] {
    guard !tensors.isEmpty else { return ["", "no tensor of this name"] }
    let lines = [""] + table.linesUnderModules(width: WrappedText.width)
    let recovered = tensors.filter { $0.evidence != nil }
    if recovered.isEmpty { return lines }
    return lines + ["", "names that the file does not have, and how they are known:"]
      + recovered.map { "  \($0.name): \($0.evidence ?? "")" }
  }

  private var table: TextTable {
    let hasShares = tensors.contains { $0.coding?.errorShare != nil }
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("tensor", .left), ("shape", .right), (isSedge ? "codec" : "type", .whole), ("bytes", .right),
    ]
    if isSedge { columns += [("bits a weight", .right), ("RMS error", .right)] }
    if hasShares { columns += [("of the error", .right)] }
    var table = TextTable(columns)
    for tensor in tensors {
      var cells = [
        tensor.name, shapeText(tensor.shape), tensor.type,
        countText(tensor.storedByteCount ?? tensor.byteCount),
      ]
      if isSedge {
        cells += [
          tensor.coding.map { bitsText($0.bitsPerWeight) } ?? "",
          tensor.coding.map { figure($0.relativeRMSError) } ?? "",
        ]
      }
      if hasShares { cells += [tensor.coding?.errorShare.map { percentText($0, digits: 1) } ?? ""] }
      table.add(cells)
    }
    return table
  }
}
