// The command line: its commands, and what becomes of errors.

package import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeEvaluation
import SedgeImages
import SedgeOperators
import SedgePlatform
import SedgeTensor

/// `sedge`.
package struct SedgeCommand: ParsableCommand {
  /// Name, purpose and subcommands.
  package static let configuration = CommandConfiguration(
    commandName: "sedge",
    abstract: "Convert, inspect, verify and run SED, CAT-Seg (open-vocabulary segmentation) and CLIP.",
    usage: "sedge <command> [<options>]",
    discussion: """
      The environment variable SEDGE_KERNELS selects the kernel set: \
      \(KernelSet.available.joined(separator: ", ")) on this machine; by default the first.

      Exit codes: 0 done and within tolerance; 1 done and out of tolerance; 2 the input cannot be used; \
      3 done, but some pictures or conversions failed; 4 a signature does not hold; 64 the command line is wrong; 70 a bug in this program.
      """,
    version: "sedge \(sedgeVersion)",
    subcommands: [
      InspectCommand.self, ConvertCommand.self, VerifyCommand.self, SignCommand.self, SegmentCommand.self,
      ClassifyCommand.self,
      ExportCommand.self, DiffCommand.self, SweepCommand.self, EvaluateCommand.self, MergeCommand.self,
      GateCommand.self, ReportCommand.self, BenchCommand.self, EstimateCommand.self, ManualCommand.self,
    ])

  /// Makes the command.
  package init() {}
}

/// Parses the command line, runs the command, and ends the process with its exit code.
package func runSedge() -> Never {
  HDF5Reading.serveIfAsked()
  UnfinishedFiles.removeOnInterruption()
  exit(runCommand())
}

/// Runs the command of the current ``Console``.
///
/// - Returns: Its exit code.
func runCommand() -> Int32 {
  do {
    var command = try SedgeCommand.parseAsRoot(Console.current.arguments)
    // Help is given in any case.
    let isOwn = SedgeCommand.configuration.subcommands.contains { $0 == type(of: command) }
    if isOwn { _ = try KernelSet.chosen() }
    try command.run()
    if Console.current.isTerminal { try flushOutput() }
    return 0
  } catch {
    if error is CancellationError { return CommandExit.stopped }
    if let text = inputErrorText(error) { return report(error, text, code: CommandExit.inputUnusable) }
    if let demand = error as? MemoryDemand {
      return report(error, "\(demand)", code: CommandExit.outOfMemory)
    }
    if error is SignatureError { return report(error, "\(error)", code: SignatureError.exitCode) }
    if error is KernelSetError {
      return report(error, "\(error)", code: ExitCode.validationFailure.rawValue)
    }
    if SedgeCommand.exitCode(for: error) == .failure, !(error is ExitCode) {
      return report(error, "a bug in this program: \(error)", code: CommandExit.bug)
    }
    return report(error)
  }
}

/// Prints an error on standard error, and as JSON on standard output where that is asked for.
private func report(_ error: any Error, _ text: OutputLine, code: Int32) -> Int32 {
  Console.current.keepError(text.text)
  printError("sedge: " + text)
  if ErrorJSON.isWanted {
    try? printJSONLine(ErrorJSON(error, message: text.text, exitCode: code), provenance: ProvenanceJSON())
  }
  return code
}

/// Prints the message of the argument parser: help on standard output, anything else on standard error.
private func report(_ error: any Error) -> Int32 {
  let (message, code) = (SedgeCommand.fullMessage(for: error), SedgeCommand.exitCode(for: error))
  if code == .validationFailure { Console.current.keepError(SedgeCommand.message(for: error)) }
  if !message.isEmpty {
    // Help comes in the width of the terminal; completions and dumps are no text for it.
    if code == .success {
      printDocument(("\(lines: message)" as OutputLine).text + "\n")
    } else {
      printError("\(lines: message)")
    }
  }
  if code == .validationFailure, ErrorJSON.isWanted {
    try? printJSONLine(
      ErrorJSON(error, message: SedgeCommand.message(for: error), exitCode: code.rawValue),
      provenance: ProvenanceJSON())
  }
  return code.rawValue
}

/// Makes sure that all of the result has left (``flushStandardOutput()``): a full disk must not look like success.
private func flushOutput() throws(FormatError) {
  guard flushStandardOutput() else {
    throw FormatError(.cannotWrite(reason: "no room, or a closed file"), path: "standard output")
  }
}

/// The text of an error about a file or names that cannot be used; `nil` for errors of the command line and for bugs.
func inputErrorText(_ error: any Error) -> OutputLine? {
  switch error {
  case let error as UsageError: "\(error.commandLineText)"
  case let error as EvaluationError: "\(error.commandLineText)"
  case let error as ContractError: "\(lines: error.text(\.optionText))"
  case is FormatError, is OptionError, is PictureFolderError: "\(error)"
  default: nil
  }
}
