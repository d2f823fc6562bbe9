// Where a command prints, and what it is called: the process's own, or those of a program that runs a command.

import Sedge
import SedgePlatform
import Synchronization

/// The surroundings of a command.
///
/// Commands print and read their arguments by ``current`` alone, so a program can run them without a process of their own.
final class Console: Sendable {
  /// That of the command that runs.
  @TaskLocal static var current = Console(arguments: Array(CommandLine.arguments.dropFirst()))

  /// What is printed for a program that runs a command.
  struct Captured {
    var output = ""
    var diagnostics = ""
    /// The text of the error that ended the command.
    var error: String?
  }

  /// The arguments behind the name of the program.
  let arguments: [String]
  /// Called with each step; throws to stop the command.
  let progress: (@Sendable (WorkProgress) throws -> Void)?
  /// Whether standard output and standard error are the process's own.
  let isTerminal: Bool
  private let captured = Mutex(Captured())

  /// The process's own standard output and standard error.
  init(arguments: [String]) { (self.arguments, progress, isTerminal) = (arguments, nil, true) }

  /// Keeps what is printed, and shows no progress but to `progress`.
  init(arguments: [String], progress: @escaping @Sendable (WorkProgress) throws -> Void) {
    (self.arguments, self.progress, isTerminal) = (arguments, progress, false)
  }

  /// What was printed so far; nothing where it went to the process's own output.
  var printed: Captured { captured.withLock { $0 } }

  /// Keeps the text of the error that ends the command.
  func keepError(_ text: String) { captured.withLock { $0.error = text } }

  /// Prints a text on standard output as it is.
  func printOutput(_ text: String) {
    if isTerminal { return Swift.print(text, terminator: "") }
    captured.withLock { $0.output += text }
  }

  /// Prints a text on standard error as it is.
  func printDiagnostics(_ text: String) {
    if isTerminal { return write(Array(text.utf8), to: STDERR_FILENO) }
    captured.withLock { $0.diagnostics += text }
  }
}
