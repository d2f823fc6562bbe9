// sedge inspect: what is in a file, and whether it fits.

import ArgumentParser
import Sedge
import SedgeReport
import SedgeTensor

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the contents of a checkpoint or a .sedge file, and check them against the architecture.",
    usage: "sedge inspect <file> [<options>]",
    discussion:
      "Reads the directory only, no payloads. Exit code 2 if the file does not fit.")

  @Argument(
    help: ArgumentHelp(
      "A checkpoint (HDF5, ONNX, PyTorch, safetensors) or a .sedge file.", valueName: "file"),
    completion: .file())
  var path: String?

  @Option(
    defaultAsFlag: .all,
    help: ArgumentHelp(
      "List all tensors, or those whose name matches, instead of groups of them.", valueName: "regex"))
  var tensors: TensorChoice?

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

  @OptionGroup var page: PageOptions

  /// What stands behind `--tensors`.
  struct TensorChoice: ExpressibleByArgument, CustomStringConvertible {
    /// The pattern of names; `nil` for all.
    var pattern: String?

    static let all = TensorChoice()

    private init() {}
    init?(argument: String) { pattern = argument }

    var description: String { pattern ?? "all" }
  }

  mutating func validate() throws {
    // Of `--tensors FILE` alone, the file is no pattern.
    if path == nil, let pattern = tensors?.pattern { (path, tensors) = (pattern, .all) }
    guard path != nil else { throw ValidationError("Missing expected argument '<file>'") }
    do { _ = try pattern() } catch {
      throw ValidationError("--tensors \(tensors?.pattern ?? ""): is no regular expression, it \(error.text)")
    }
  }

  private func pattern() throws(NamePattern.Fault) -> NamePattern? {
    try tensors?.pattern.map { (text) throws(NamePattern.Fault) in try NamePattern(text) }
  }

  func run() throws {
    try page.check(inputs: [path ?? ""])
    let pattern = try self.pattern()
    let display = ProgressDisplay()
    let inspection = try Inspection(
      path: path ?? "", options: model.options, checksValues: values, measuresStatistics: stats
    ) { try display.show($0) }
    display.clear()
    let listed = inspection.tensors.filter { pattern?.occurs(in: $0.name) ?? true }
    var report = InspectionJSON(inspection)
    report.tensors = listed.map(InspectionJSON.Tensor.init)
    try page.write(report)
    if json {
      try printJSON(report)
    } else {
      let text = InspectionText(inspection: inspection, listed: tensors == nil ? nil : listed)
      print(OutputLine(lines: text.lines))
    }
    if !inspection.fits { throw ExitCode(2) }
  }
}
