// A command line that must be refused, and how.

import Foundation
import TestSupport
import Testing

/// A run that must fail and leave nothing behind but one error; a ``Snapshot`` has its words.
struct Refusal: Sendable {
  /// The command line, with the placeholders of ``Placeholders``. `{out}` holds the file `kept` and must stay as it is.
  var arguments: String
  /// The exit code.
  var status: Int32 = 2

  init(_ arguments: String, status: Int32 = 2) { (self.arguments, self.status) = (arguments, status) }

  /// Runs the command line, checks all but its words, and returns them.
  func entry() throws -> Snapshot.Entry {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("kept".utf8), to: "kept")
    let inputs = try Inputs.shared
    let inputsBefore = try contents(of: inputs.path)
    let placeholders = try Placeholders(inputs: inputs, output: folder)
    var outcome = try SedgeProgram.run(placeholders.words(arguments))
    #expect(outcome.status == status, "\(arguments)")
    #expect(outcome.output == "", "\(arguments)")
    try SedgeProgram.run(placeholders.words(arguments), environment: ["COLUMNS": "80"])
      .expectLines(within: 80, arguments)
    let mark = status == 64 ? "Error: " : "sedge: "
    outcome.diagnostics = outcome.errors
    if status == 64 { outcome.diagnostics = outcome.diagnostics.beforeUsage }
    #expect(outcome.diagnostics.hasPrefix(mark), "\(arguments)")
    #expect(outcome.diagnostics.split(separator: "\n").count { $0.hasPrefix(mark) } == 1, "\(arguments)")
    #expect(try folder.contents() == ["kept"], "\(arguments)")
    #expect(try bytes(of: folder.file("kept")) == Array("kept".utf8), "\(arguments)")
    #expect(try contents(of: inputs.path) == inputsBefore, "\(arguments)")
    return Snapshot.Entry(command: arguments, transcript: outcome.transcript(placeholders.restored))
  }

  private func contents(of path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

extension Snapshot {
  /// Runs refusals and compares their words.
  func check(_ refusals: [Refusal]) throws { try check(refusals.map { try $0.entry() }) }
}

extension String {
  /// Everything before the usage that follows a fault of the command line; help has a snapshot of its own.
  fileprivate var beforeUsage: String {
    var lines = split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.hasPrefix("Usage: ") }
    while lines.last == "" { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }
}
