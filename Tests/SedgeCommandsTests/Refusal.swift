// A command line that must be refused, and how.

import Foundation
import TestSupport
import Testing

/// A run that must fail, leaving nothing behind but one error.
struct Refusal: Sendable, CustomTestStringConvertible {
  /// The command line. `{in}` stands for the folder of ``Inputs``, `{fixtures}` for that of the fixtures, `{out}` for
  /// a folder that holds the file `kept` and must stay as it is; see also ``Inputs/numbers()``.
  var arguments: String
  /// The exact words, in the same terms: the whole of standard error for exit code 2, its first line for 64.
  var message: String
  var status: Int32 = 2

  init(_ arguments: String, _ message: String, status: Int32 = 2) {
    (self.arguments, self.message, self.status) = (arguments, message, status)
  }

  var testDescription: String { arguments }

  /// Runs the command line and holds everything against what must be.
  func check() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("kept".utf8), to: "kept")
    let inputs = try Inputs.shared
    let inputsBefore = try contents(of: inputs.path)
    let numbers = try inputs.numbers()
    let expanded = { (text: String) in
      let paths = text.replacing("{in}", with: inputs.path).replacing("{out}", with: folder.path)
        .replacing("{fixtures}", with: fixture("").trimmingSuffix("/"))
      return numbers.reduce(paths) { $0.replacing($1.key, with: "\($1.value)") }
    }
    let outcome = try SedgeProgram.run(words(expanded(arguments)))
    #expect(outcome.status == status)
    #expect(outcome.output == "")
    if status == 64 {
      let lines = outcome.diagnostics.split(separator: "\n")
      #expect(lines.first.map(String.init) == "Error: \(expanded(message))")
      #expect(lines.filter { $0.hasPrefix("Error: ") }.count == 1)
    } else {
      #expect(outcome.errors == "sedge: \(expanded(message))\n")
    }
    #expect(try folder.contents() == ["kept"])
    #expect(try bytes(of: folder.file("kept")) == Array("kept".utf8))
    #expect(try contents(of: inputs.path) == inputsBefore)
  }

  /// Words between blanks; single quotes keep blanks, as in a shell.
  private func words(_ line: String) -> [String] {
    line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, piece in
      index % 2 == 1 ? [String(piece)] : piece.split(separator: " ").map(String.init)
    }
  }

  private func contents(of path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
