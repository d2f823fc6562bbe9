// Options of commands that make the result of an evaluation.

import ArgumentParser
import SedgeEvaluation
import SedgeReport
import SedgeTensor

/// What becomes of a result.
struct ResultOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the result: figures, intervals, confusion, a row for each picture; no times, so that equal work gives equal bytes.",
      valueName: "result.json"), completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp("Write the result as one HTML file that loads nothing.", valueName: "page.html"),
    completion: .file())
  var html: String?

  @Option(
    help: ArgumentHelp(
      "Write a table: models, groups, classes, k or confused, in the format of the file's ending, .csv, .md or .tex; may be repeated.",
      valueName: "kind=file"))
  var table: [TableRequest] = []

  @Flag(help: "Print the figures of each class.")
  var perClass = false

  @Option(
    help: ArgumentHelp(
      "The order of classes, by the first model; implies --per-class.", valueName: "list|iou|name|pixels"))
  var sort: ResultTable.ClassOrder?

  @Option(
    help: ArgumentHelp("Only classes whose name contains a text; implies --per-class.", valueName: "text"))
  var match: String?

  @Option(
    help: ArgumentHelp("Print the pairs of classes that each model confuses most.", valueName: "number"))
  var confused: Int?

  @Flag(help: "Replace existing output files.")
  var force = false

  @Flag(help: "Print one JSON object: the result, with times.")
  var json = false

  func validate() throws {
    if let output { try OutputFormat.json.check("--output", output) }
    if let html { try OutputFormat.html.check("--html", html) }
    if let confused, confused < 1 {
      throw ValidationError("--confused \(confused): expected a number above 0")
    }
  }

  /// Whether a line for each class is printed: where their order or a part of them is requested, too.
  var printsClasses: Bool { perClass || sort != nil || match != nil }

  /// The files that are written, by option.
  var outputs: [(option: String, path: String)] {
    (output.map { [("--output", $0)] } ?? []) + (html.map { [("--html", $0)] } ?? [])
      + table.map { ("--table", $0.path) }
  }

  /// Makes sure, before any work, that the files can be written.
  func check(inputs: [String]) throws {
    try checkOutputs(outputs, inputs: inputs)
    for (option, path) in outputs where !force && FileSystem.kind(of: path) == .file {
      throw OptionError("\(option) \(path): exists; give --force to replace it, or another path")
    }
  }

  /// Writes and prints the result of rows.
  ///
  /// - Parameter pictures: The pictures for a page; `nil` where none were run.
  /// - Returns: Whether every picture could be evaluated.
  func finish(_ rows: RowSet, pictures: PictureSheet? = nil) throws -> Bool {
    let result = try EvaluationResult(rows)
    let times = try EvaluationTimes.times(of: rows)
    let counted = { (body: (PictureRow) throws -> Void) in
      try rows.forEach { if $0.error == nil { try body($0) } }
    }
    if let output {
      let file = try OutputFile(path: output)
      try result.writeJSON(rows: counted) { unsafe try file.append(Array($0.utf8).span.bytes) }
      try file.commit()
    }
    let provenance = try jsonText(ProvenanceJSON())
    if let html {
      var text = ""
      try result.writeJSON(provenance: provenance, rows: counted) { text += $0 }
      let document = try ReportDocument(own: Array(text.utf8))
      try ReportPage(document, pictures: pictures).write(to: html)
    }
    let report = EvaluationReport(result, times: times, options: self)
    for request in table {
      unsafe try OutputFile.write(Array(report.text(of: request).utf8).span.bytes, to: request.path)
    }
    if json {
      try result.writeJSON(times: times, provenance: provenance, rows: counted) { printJSON(text: $0) }
    } else {
      report.printed()
    }
    return result.failures.isEmpty
  }
}

extension ResultTable.ClassOrder: ExpressibleByArgument {}

/// What stands behind `--table`.
struct TableRequest: ExpressibleByArgument {
  /// The rows of a table.
  enum Kind: String, CaseIterable { case models, groups, classes, k, confused }

  /// The rows.
  var kind: Kind
  /// The file.
  var path: String
  /// Its ending, which names the format.
  var ending: String

  /// Reads `kind=file.csv`; the kind is models where there is none.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard let kind = parts.count == 2 ? Kind(rawValue: parts[0]) : .models, let path = parts.last else {
      return nil
    }
    (self.kind, self.path) = (kind, path)
    ending = path.lastIndex(of: ".").map { path[path.index(after: $0)...].lowercased() } ?? ""
    guard ["csv", "md", "tex"].contains(ending) else { return nil }
  }
}
