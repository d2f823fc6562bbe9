// sedge inspect: what is in a file, and whether it fits.

import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeTensor
import SedgeVerification

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the contents of a checkpoint or a .sedge file, and check them against the architecture.",
    discussion:
      "Reads the directory only, no payloads. Exit code 2 if the file does not fit.")

  @Argument(help: "A checkpoint (HDF5, ONNX, PyTorch, safetensors) or a .sedge file.")
  var file: String

  @Option(help: ArgumentHelp("List only tensors whose name matches.", valueName: "regex"))
  var tensors: String?

  @Flag(help: "Read every payload; check finite values and checksums.")
  var values = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var model: ModelOptions

  func validate() throws {
    do { _ = try pattern() } catch {
      throw ValidationError("--tensors \(tensors ?? ""): is no regular expression, it \(error.text)")
    }
  }

  private func pattern() throws(NamePattern.Fault) -> NamePattern? {
    try tensors.map { (text) throws(NamePattern.Fault) in try NamePattern(text) }
  }

  func run() throws {
    let pattern = try self.pattern()
    var inspection = try Inspection(path: file, options: model.options, checksValues: values)
    let report = InspectionReport(inspection)
    if let pattern { inspection.tensors.removeAll { !pattern.occurs(in: $0.name) } }
    if json {
      var report = report
      report.tensors = inspection.tensors.map(InspectionReport.Tensor.init)
      try printJSON(report)
    } else {
      printText(inspection, report)
    }
    if !report.fits { throw ExitCode(2) }
  }

  private func printText(_ inspection: Inspection, _ report: InspectionReport) {
    print(
      "\(file): \(inspection.formatName), \(bytesText(inspection.byteCount)), \(report.tensorCount) tensors")
    if let architecture = inspection.architecture {
      printLines(architectureLines(architecture, inspection.naming))
      printLines(hyperparameterLines(inspection))
    }
    if let header = inspection.header { printLines(headerLines(header)) }
    print("")
    let stored: [(title: String, alignment: TextTable.Alignment)] =
      inspection.header == nil ? [] : [("stored", .right)]
    var parts = TextTable(
      [("part", .left), ("tensors", .right), ("parameters", .right), ("bytes", .right)] + stored)
    for part in report.parts {
      parts.add(
        [part.name, countText(part.tensors), countText(part.parameters), countText(part.bytes)]
          + (part.storedBytes.map { [countText($0)] } ?? []))
    }
    parts.printed()
    print("")
    tensorTable(inspection).printed()
    print("")
    let recovered = inspection.tensors.filter { $0.evidence != nil }
    if !recovered.isEmpty {
      print("names that the file does not have, and how they are known:")
      for tensor in recovered {
        print("  \(tensor.name): \(tensor.evidence ?? "")")
      }
      print("")
    }
    for remark in inspection.remarks { print("note: \(remark)") }
    if report.fits {
      print("fits: every tensor is what \(inspection.modelName ?? "the model") calls for")
    } else if let diagnosis = report.diagnosis {
      print("does not fit: \(diagnosis)")
    } else if let name = inspection.modelName {
      print("does not fit: looks like \(name), but:")
    } else {
      print("does not fit: is no model that Sedge knows:")
    }
    for problem in report.problems { print("  \(problem.description)") }
    if inspection.diagnosis == nil, !inspection.problems.isEmpty,
      inspection.problems.allSatisfy(\.isUnexpected)
    {
      print("nothing else is wrong; sedge convert \(Remedy.ignoreUnexpected.optionText)")
    }
  }

  private func printLines(_ lines: [String]) { for line in lines { print("\(line)") } }

  private func tensorTable(_ inspection: Inspection) -> TextTable {
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
  private func hyperparameterLines(_ inspection: Inspection) -> [String] {
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

/// What `inspect --json` prints.
struct InspectionReport: Encodable {
  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var type: String
    var parameters: Int
    var bytes: Int
    var storedBytes: Int?
    var bitsPerWeight: Double?
    var relativeRmsError: Double?
    var largestAbsoluteError: Double?
    var importance: Double?
    var errorShare: Double?
    var role: String?
    var floatReason: String?
    var recovered: String?

    init(_ entry: Inspection.Entry) {
      name = entry.name
      shape = entry.shape
      type = entry.type
      parameters = entry.elementCount
      bytes = entry.byteCount
      storedBytes = entry.storedByteCount
      bitsPerWeight = entry.coding?.bitsPerWeight
      relativeRmsError = entry.coding?.relativeRMSError
      largestAbsoluteError = entry.coding?.largestAbsoluteError
      importance = entry.coding?.importance
      errorShare = entry.coding?.errorShare
      role = entry.role
      floatReason = entry.floatReason
      recovered = entry.evidence
    }
  }

  struct Part: Encodable {
    var name: String
    var tensors: Int
    var parameters: Int
    var bytes: Int
    var storedBytes: Int?
  }

  struct Problem: Encodable {
    var tensor: String
    var description: String
    var cause: String?
  }

  var file: String
  var format: String
  var fileBytes: Int
  var model: String?
  var naming: String
  var prefix: String
  var fits: Bool
  var tensorCount: Int
  var parameters: Int
  var architecture: ArchitectureReport?
  var parts: [Part]
  var problems: [Problem]
  var diagnosis: String?
  var remarks: [String]
  var header: HeaderReport?
  var hyperparameters: [HyperparameterReport]
  var tensors: [Tensor]

  init(_ inspection: Inspection) {
    file = inspection.path
    format = inspection.formatName
    fileBytes = inspection.byteCount
    model = inspection.modelName
    prefix = inspection.naming.prefix
    naming = inspection.naming.scheme.rawValue
    fits = inspection.fits
    tensorCount = inspection.tensors.count
    parameters = inspection.tensors.reduce(0) { $0 + $1.elementCount }
    architecture = inspection.architecture.map(ArchitectureReport.init)
    parts = inspection.parts.map {
      Part(
        name: $0.name, tensors: $0.tensorCount, parameters: $0.elementCount, bytes: $0.byteCount,
        storedBytes: $0.storedByteCount)
    }
    problems = inspection.problems.map {
      Problem(
        tensor: $0.tensor, description: $0.text(\.optionText), cause: $0.explanation(\.optionText))
    }
    diagnosis = inspection.diagnosis.map {
      [$0, inspection.remedy?.optionText].compactMap(\.self).joined(separator: "; ")
    }
    remarks = inspection.remarks
    header = inspection.header.map(HeaderReport.init)
    hyperparameters = inspection.hyperparameters.map {
      HyperparameterReport(record: $0.record, values: $0.values)
    }
    tensors = inspection.tensors.map(Tensor.init)
  }
}
