// sedge report: a saved result as a page.

import ArgumentParser
import SedgeReport
import SedgeTensor

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make a page of a result that was saved with --json.",
    usage: "sedge report <result.json> [<options>]",
    discussion: """
      Reads what verify, evaluate, sweep or inspect printed with --json, or wrote with evaluate's --output, and writes one \
      HTML file that loads nothing. The same result gives the same bytes. A saved result has no pictures: give --html to \
      verify and evaluate themselves for a page with them.
      """)

  @Argument(help: ArgumentHelp("The saved result.", valueName: "result.json"), completion: .file())
  var result: String

  @Option(
    help: ArgumentHelp("The page. (default: beside the result, RESULT.html)", valueName: "page.html"),
    completion: .file())
  var html: String?

  @OptionGroup var overwriting: OverwriteOptions

  func validate() throws {
    if let html { try OutputFormat.html.check("--html", html) }
  }

  private var path: String {
    html ?? (result.hasSuffix(".json") ? String(result.dropLast(".json".count)) : result) + ".html"
  }

  func run() throws {
    try checkOutputs([("--html", path)], inputs: [result])
    try overwriting.check("--html", path)
    let document = try ReportDocument(path: result)
    try ReportPage(document).write(to: path)
    print("\(path)")
  }
}
