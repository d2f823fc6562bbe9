// sedge inspect: what is in a file, and whether it fits.

import ArgumentParser
import Sedge
import SedgeTensor

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

  @Flag(
    help:
      "Read every payload; print what is suspicious in the values. With --tensors, statistics of each tensor listed."
  )
  var stats = false

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
    let display = ProgressDisplay()
    var inspection = try Inspection(
      path: file, options: model.options, checksValues: values, measuresStatistics: stats
    ) { display.show($0) }
    display.clear()
    var report = InspectionJSON(inspection)
    if let pattern { inspection.tensors.removeAll { !pattern.occurs(in: $0.name) } }
    if json {
      report.tensors = inspection.tensors.map(InspectionJSON.Tensor.init)
      try printJSON(report)
    } else {
      print(
        OutputLine(
          lines: InspectionText(inspection: inspection, report: report, listsStatistics: pattern != nil).lines
        ))
    }
    if !report.fits { throw ExitCode(2) }
  }
}
