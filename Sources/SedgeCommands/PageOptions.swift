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

  @OptionGroup var overwrite: OverwriteOptions

  func validate() throws {
    if let html { try OutputFormat.html.check("--html", html) }
  }

  /// The file that is written, by option.
  var outputs: [NamedOutput] { html.map { [("--html", $0)] } ?? [] }

  /// Makes sure, before any work, that the page can be written.
  func check(inputs: [String]) throws {
    try checkOutputs(outputs, inputs: inputs)
    if let html { try overwrite.check("--html", html) }
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
