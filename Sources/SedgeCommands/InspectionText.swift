// The report of inspect for people.

import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import SedgeVerification

/// What a file contains, and whether it fits.
struct InspectionText {
  /// The file, with the tensors that are listed.
  var inspection: Inspection
  /// The whole file.
  var report: InspectionJSON
  /// Whether the statistics of every listed tensor are printed.
  var listsStatistics = false

  var lines: [String] {
    var lines = [
      "\(inspection.path): \(inspection.formatName), \(bytesText(inspection.byteCount)), \(report.tensorCount) tensors"
    ]
    if let architecture = inspection.architecture {
      lines += architectureLines(architecture, inspection.naming) + hyperparameterLines
    }
    if let header = inspection.header { lines += headerLines(header) }
    lines += [""] + partTable.lines + [""] + tensorTable.lines + [""]
    let recovered = inspection.tensors.filter { $0.evidence != nil }
    if !recovered.isEmpty {
      lines.append("names that the file does not have, and how they are known:")
      lines += recovered.map { "  \($0.name): \($0.evidence ?? "")" } + [""]
    }
    lines += StatisticsText(inspection: inspection, isWhole: listsStatistics).lines
    return lines + inspection.remarks.map { "note: \($0)" } + verdictLines
  }

  private var verdictLines: [String] {
    var lines: [String] = []
    if report.fits {
      lines.append("fits: every tensor is what \(inspection.modelName ?? "the model") calls for")
    } else if let diagnosis = report.diagnosis {
      lines.append("does not fit: \(diagnosis)")
    } else if let name = inspection.modelName {
      lines.append("does not fit: looks like \(name), but:")
    } else {
      lines.append("does not fit: is no model that Sedge knows:")
    }
    lines += report.problems.map { "  \($0.description)" }
    if inspection.diagnosis == nil, !inspection.problems.isEmpty,
      inspection.problems.allSatisfy(\.isUnexpected)
    {
      lines.append("nothing else is wrong; sedge convert \(Remedy.ignoreUnexpected.optionText)")
    }
    return lines
  }

  private var partTable: TextTable {
    let stored: [(title: String, alignment: TextTable.Alignment)] =
      inspection.header == nil ? [] : [("stored", .right)]
    var table = TextTable(
      [("part", .left), ("tensors", .right), ("parameters", .right), ("bytes", .right)] + stored)
    for part in report.parts {
      table.add(
        [part.name, countText(part.tensors), countText(part.parameters), countText(part.bytes)]
          + (part.storedBytes.map { [countText($0)] } ?? []))
    }
    return table
  }

  private var tensorTable: TextTable {
    let hasCodings = inspection.header != nil
    let hasShares = inspection.tensors.contains { $0.coding?.errorShare != nil }
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("tensor", .left), ("shape", .left), ("type", .left), ("bytes", .right),
    ]
    if hasCodings {
      columns += [("stored", .right), ("bits a weight", .right), ("relative RMS error", .right)]
    }
    if hasShares { columns += [("importance", .right), ("of the error", .right)] }
    var table = TextTable(columns)
    for tensor in inspection.tensors {
      var cells = [tensor.name, shapeText(tensor.shape), tensor.type, countText(tensor.byteCount)]
      if hasCodings {
        cells += [
          tensor.storedByteCount.map { countText($0) } ?? "",
          tensor.coding.map { bitsText($0.bitsPerWeight) } ?? "",
          tensor.coding.map { figure($0.relativeRMSError) } ?? "",
        ]
      }
      if hasShares {
        cells += [
          tensor.coding?.importance.map { figure($0) } ?? "",
          tensor.coding?.errorShare.map { percentText($0, digits: 1) } ?? "",
        ]
      }
      table.add(cells)
    }
    return table
  }

  private func architectureLines(_ architecture: Architecture, _ naming: SourceNaming) -> [String] {
    let (image, text, decoder) = (architecture.image, architecture.text, architecture.decoder)
    let list = { (values: [Int]) in values.map(String.init).joined(separator: ",") }
    let head =
      switch image.head {
      case .linear: "linear head"
      case .mlp(let hidden): "MLP head of \(hidden)"
      }
    let names = naming.scheme == .sed ? "names" : "\(naming.scheme.rawValue)'s names"
    let named =
      naming.prefix.isEmpty
      ? (naming.scheme == .sed ? "" : ", \(names)")
      : ", \(names) under \(naming.prefix)"
    let encoders = [
      "model    \(architecture.name)\(named)",
      "image    depths \(list(image.depths)), widths \(list(image.widths)), kernel \(image.kernel), \(head), embedding "
        + "\(image.embeddingWidth)",
      "text     width \(text.width), heads \(text.heads), layers \(text.layers), context \(text.contextLength), vocabulary "
        + "\(text.vocabularySize)",
    ]
    guard let decoder else { return encoders }
    return encoders + [
      "decoder  prompts \(decoder.promptCount), widths \(decoder.hiddenWidth) to \(list(decoder.widths)), guidance "
        + "\(list(decoder.guidanceWidths)), heads \(decoder.heads), kernel \(decoder.kernel), pooling \(decoder.pooling)"
    ]
  }

  /// How the numbers are known that shapes do not determine.
  private var hyperparameterLines: [String] {
    let lines = inspection.hyperparameters.map {
      HyperparameterReport(record: $0.record, values: $0.values).text
    }
    guard !lines.isEmpty else {
      return ["numbers  not recorded how heads, pooling, epsilon and the like are known"]
    }
    return lines.enumerated().map { ($0.offset == 0 ? "numbers  " : "         ") + $0.element }
  }

  private func headerLines(_ header: SedgeHeader) -> [String] {
    let preprocessing = header.preprocessing
    var lines = [
      "input    \(preprocessing.resolution) x \(preprocessing.resolution), "
        + (preprocessing.resizing == .square ? "" : "preprocessing \(preprocessing.resizing.rawValue), ")
        + "mean "
        + preprocessing.pixelMean.map { "\($0)" }.joined(separator: ",") + ", standard deviation "
        + preprocessing.pixelStandardDeviation.map { "\($0)" }.joined(separator: ","),
      header.architecture.decoder == nil
        ? "scale    cosines times exp(\(header.logitScale.map { "\($0)" } ?? "unknown"))"
        : "classes  early rejection " + (preprocessing.topK.map { "k = \($0)" } ?? "off"),
      "folds    \(header.folds.count { $0.obstacle == nil }) applied, \(header.folds.count { $0.obstacle != nil }) left",
      "prompts  \(header.promptTemplates.count) templates"
        + (header.hasTextEncoder && header.tokenizer == nil ? "; no tokenizer" : "")
        + (header.hasTextEncoder ? "" : "; no text encoder"),
    ]
    if let quantization = header.quantization {
      lines += ["asked    \(quantization.requested)"] + quantization.lines
    }
    for list in header.classLists { lines.append("list     \(list.name): \(list.classNames.count) classes") }
    for source in header.sources {
      lines.append(
        "source   \(source.fileName), \(source.formatName), \(bytesText(source.byteCount)), SHA-256 \(source.sha256.hexadecimalText)"
      )
    }
    let options = header.options.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    lines.append("made by  sedge \(header.sedgeVersion): \(options)")
    return lines
  }
}
