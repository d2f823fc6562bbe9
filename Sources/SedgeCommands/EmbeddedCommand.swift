// A command that a program runs without a process of its own.

package import Sedge

/// Runs commands in this process: nothing is printed, nothing is read from the command line.
package enum EmbeddedCommand {
  /// What a command leaves.
  package struct Outcome: Sendable {
    /// The JSON that the command prints, also of an error; `nil` where it prints none.
    package var report: String?
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
    let hasReport = !withoutReport.contains(name)
    let console = Console(
      arguments: [name] + (hasReport ? ["--json"] : []) + arguments, progress: progress)
    let status = Console.$current.withValue(console, operation: runCommand)
    let printed = console.printed
    return Outcome(
      report: hasReport && !printed.output.isEmpty ? printed.output : nil,
      diagnostics: printed.diagnostics, error: printed.error, status: status)
  }
}
