// A command line whose whole output a snapshot holds.

import TestSupport
import Testing

/// A run in a new folder `{out}`, with the placeholders of ``Placeholders``.
struct Output: Sendable {
  var arguments: String
  /// The exit code.
  var status: Int32 = 0
  /// Whether numbers are compared: no where they depend on the processor or on a library's version.
  var hasNumbers: Bool

  init(_ arguments: String, status: Int32 = 0, numbers hasNumbers: Bool = true) {
    (self.arguments, self.status, self.hasNumbers) = (arguments, status, hasNumbers)
  }

  /// Runs the command line on a terminal of 80 columns, where no line may be wider, and on a wide one, and returns what it
  /// printed there.
  func entry() throws -> Snapshot.Entry {
    if !arguments.contains("--json") {
      try run(columns: 80) { outcome, _ in outcome.expectLines(within: 80, arguments) }
    }
    return try run(columns: 10_000) { entry($0, $1) }
  }

  private func run<Result>(
    columns: Int, _ body: (SedgeProgram.Outcome, Placeholders) throws -> Result
  ) throws -> Result {
    let folder = try TemporaryFolder()
    let placeholders = try Placeholders(inputs: Inputs.shared, output: folder)
    let outcome = try SedgeProgram.run(
      placeholders.words(arguments), environment: ["COLUMNS": "\(columns)"])
    #expect(outcome.status == status, "\(arguments)\n\(outcome.diagnostics)")
    return try body(outcome, placeholders)
  }

  private func entry(_ outcome: SedgeProgram.Outcome, _ placeholders: Placeholders) -> Snapshot.Entry {
    return Snapshot.Entry(
      command: arguments,
      transcript: outcome.transcript {
        hasNumbers ? placeholders.restored($0) : placeholders.restored($0).maskingNumbers
      })
  }
}

extension Snapshot {
  /// Runs command lines and compares what they print.
  func check(_ outputs: [Output]) throws { try check(outputs.map { try $0.entry() }) }
}
