// What differs from run to run in a command line and in what it prints, under names.

import Foundation
import SedgeOperators
import TestSupport

/// Names for paths of temporary folders and for sizes that depend on a library's version.
///
/// `{in}` is the folder of ``Inputs``, `{fixtures}` that of the fixtures, `{out}` a folder of one test;
/// `{kernels}` is the kernel set in use, `{digest}` the SHA-256 of an output; `{bytes}`, `{half}`, `{last}` and `{header}` are the numbers of ``Inputs/numbers()``.
struct Placeholders {
  private var paths: [(name: String, path: String)]
  private var numbers: [(name: String, value: String)]

  init(inputs: Inputs, output: TemporaryFolder) throws {
    paths = [
      ("{in}", inputs.path), ("{out}", output.path), ("{fixtures}", fixture("").trimmingSuffix("/")),
    ]
    numbers = try inputs.numbers().map { ($0.key, "\($0.value)") }.sorted { $0.name < $1.name }
  }

  /// The words of a command line, each placeholder replaced; single quotes keep blanks, as in a shell.
  func words(_ line: String) -> [String] {
    let expanded = paths.reduce(line) { $0.replacing($1.name, with: $1.path) }
    return expanded.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .flatMap { index, piece in
        index % 2 == 1 ? [String(piece)] : piece.split(separator: " ").map(String.init)
      }
  }

  /// Text of the program with placeholders for paths and numbers.
  func restored(_ text: String) -> String {
    var text = paths.reduce(text) { $0.replacing($1.path, with: $1.name) }
    for name in KernelSet.available {
      text.replace(" kernels \(name)\n", with: " kernels {kernels}\n")
      text.replace(", kernels \(name):", with: ", kernels {kernels}:")
      text.replace("\"kernels\" : \"\(name)\"", with: "\"kernels\" : \"{kernels}\"")
    }
    // The digest of a file that was written; those of sources have one blank before them.
    text.replace(/SHA-256  [0-9a-f]{64}/, with: "SHA-256  {digest}")
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: " ", omittingEmptySubsequences: false).map { word in
        let core = word.prefix { $0.isNumber }
        guard let number = numbers.first(where: { $0.value == core }) else { return String(word) }
        return number.name + word.dropFirst(core.count)
      }.joined(separator: " ")
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }

  /// The text with `#` for every number that is a word, and single blanks: for what depends on the processor.
  var maskingNumbers: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: " ").map { word in
        word.replacing(/^([(±\[]?)-?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?([%*),;:\]]*)$/) {
          "\($0.output.1)#\($0.output.2)"
        }
      }.joined(separator: " ")
    }.joined(separator: "\n")
  }
}
