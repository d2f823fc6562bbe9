// The command line: its commands, and what becomes of errors.

public import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `sedge`.
public struct SedgeCommand: ParsableCommand {
  /// Name, purpose and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "sedge",
    abstract: "Convert, inspect, verify and run SED, a model for open-vocabulary segmentation.",
    discussion: """
      Exit codes: 0 done, and within tolerance; 1 done, and out of tolerance; 2 the input cannot be used; \
      64 the command line is wrong; 70 a bug in this program.
      """,
    version: "sedge \(sedgeVersion)",
    subcommands: [
      InspectCommand.self, ConvertCommand.self, VerifyCommand.self, SegmentCommand.self, ClassifyCommand.self,
      ExportCommand.self, DiffCommand.self, SweepCommand.self, BenchCommand.self, EstimateCommand.self,
    ])

  /// Makes the command.
  public init() {}
}

/// Parses the command line, runs the command, and ends the process with its exit code.
public func runSedge() -> Never {
  UnfinishedFiles.removeOnInterruption()
  do {
    var command = try SedgeCommand.parseAsRoot()
    try command.run()
    try flushOutput()
    exit(0)
  } catch {
    if isAboutInput(error) {
      printError("sedge: \(error)")
      exit(2)
    }
    if SedgeCommand.exitCode(for: error) == .failure, !(error is ExitCode) {
      printError("sedge: a bug in this program: \(error)")
      exit(70)
    }
    SedgeCommand.exit(withError: error)
  }
}

/// Makes sure that all of the result has left (`fflush`): a full disk must not look like success.
private func flushOutput() throws(FormatError) {
  guard fflush(nil) == 0 else {
    throw FormatError(.cannotWrite(reason: "no room, or a closed file"), path: "standard output")
  }
}

/// Whether an error tells of a file or of names that cannot be used, and not of the command line or of a bug.
private func isAboutInput(_ error: any Error) -> Bool {
  error is FormatError || error is ContractError || error is OptionError
}
