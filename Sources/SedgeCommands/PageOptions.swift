// The page of a result.

import ArgumentParser
import SedgeReport
import SedgeTensor

/// The options of commands whose result can be a page.
struct PageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write the result as one HTML file that loads nothing.", valueName: "page.html"),
    completion: .file())
  var html: String?

  @Flag(help: "Replace an existing output file.")
  var force = false

  func validate() throws {
    if let html { try OutputFormat.html.check("--html", html) }
  }

  /// The file that is written, by option.
  var outputs: [NamedOutput] { html.map { [("--html", $0)] } ?? [] }

  /// Makes sure, before any work, that the page can be written.
  func check(inputs: [String]) throws {
    try checkOutputs(outputs, inputs: inputs)
    for output in outputs { try checkReplacing(output) }
  }

  /// Makes sure that no file is replaced that was not meant to be.
  func checkReplacing(_ output: NamedOutput) throws {
    guard !force, FileSystem.kind(of: output.path) == .file else { return }
    throw OptionError("\(output.option) \(output.path): exists; give --force to replace it, or another path")
  }

  /// Writes the page of a report, where one is asked for.
  func write(_ report: some JSONReport, pictures: PictureSheet? = nil) throws {
    guard let html else { return }
    let document = try ReportDocument(own: Array(try jsonText(of: report).utf8))
    try ReportPage(document, pictures: pictures).write(to: html)
  }
}

extension ReportPage {
  /// Writes the page, whole or not at all.
  func write(to path: String) throws {
    unsafe try OutputFile.write(Array(html.utf8).span.bytes, to: path)
  }
}
