// A command that a program runs without a process of its own.

package import Sedge

/// Runs commands in this process: nothing is printed, nothing is read from the command line.
package enum EmbeddedCommand {
  /// What a command leaves.
  package struct Outcome: Sendable {
    /// What the command prints on standard output: with `--json` the report, also of an error.
    package var output: String
    /// What it prints on standard error.
    package var diagnostics: String
    /// The text of the error that ended it; `nil` where it did its work, whatever the verdict.
    package var error: String?
    /// Its exit code; 130 where `progress` stopped it.
    package var status: Int32
  }

  /// The commands that write a document instead of a report.
  private static let withoutReport: Set<String> = ["report", "manual"]

  /// Runs a command, with `--json` where it has a report.
  ///
  /// - Parameters:
  ///   - name: The name of the command.
  ///   - arguments: Its arguments.
  ///   - progress: Called with each step on the thread of the work; a `CancellationError` that it throws stops the command.
  package static func run(
    _ name: String, _ arguments: [String],
    progress: @escaping @Sendable (WorkProgress) throws -> Void = { _ in }
  ) -> Outcome {
    let report = withoutReport.contains(name) ? [] : ["--json"]
    let console = Console(arguments: [name] + report + arguments, progress: progress)
    let status = Console.$current.withValue(console, operation: runCommand)
    let printed = console.printed
    return Outcome(
      output: printed.output, diagnostics: printed.diagnostics, error: printed.error, status: status)
  }
}
