// Results on standard output, everything else on standard error.

import SedgePlatform
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Prints a line on standard output, broken at blanks where it is wider than ``WrappedText/width``.
///
/// Swift's own `print` is not available in this module, so that nothing reaches a terminal unescaped.
func print(_ line: OutputLine = "") {
  Console.current.printOutput(line.wrapped(to: WrappedText.width) + "\n")
}

@available(*, unavailable, message: "print a literal: what is inserted into it is escaped")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

/// Writes a line to standard error: broken at blanks for a terminal, whole for a file or a pipe.
func printError(_ line: OutputLine) {
  let text = WrappedText.diagnosticsWidth.map(line.wrapped) ?? line.text
  Console.current.printDiagnostics(text + "\n")
}

/// Writes bytes to a descriptor (`write`), as far as it takes them.
func write(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}

/// Prints a report as one JSON object with keys in snake_case and in alphabetical order, and with ``ProvenanceJSON``.
///
/// Numbers that JSON does not have are the strings `inf`, `-inf` and `nan`.
func printJSON(_ report: some JSONReport, inputs: [ProvenanceJSON.Input] = []) throws {
  printJSON(text: try jsonText(of: report, inputs: inputs, [.prettyPrinted]))
  printJSON(text: "\n")
}

/// The text that ``printJSON(_:inputs:)`` prints, by default in one line.
func jsonText(
  of report: some JSONReport, inputs: [ProvenanceJSON.Input] = [],
  _ formatting: JSONEncoder.OutputFormatting = []
) throws -> String {
  try jsonText(
    TaggedReport(report: report, provenance: ProvenanceJSON(inputs: inputs)), formatting)
}

/// Prints a report as one line, by default without provenance, otherwise as ``printJSON(_:inputs:)``.
func printJSONLine(_ report: some JSONReport, provenance: ProvenanceJSON? = nil) throws {
  printJSON(text: try jsonText(TaggedReport(report: report, provenance: provenance)) + "\n")
}

/// A value as JSON, by default in one line.
func jsonText(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting = []) throws -> String {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Prints a part of a JSON text as it is, with the characters that steer a terminal as its own escapes.
func printJSON(text: String) { Console.current.printOutput(text.escapingControlCharactersOfJSON) }

/// Prints a document that this program has by itself, as it is.
func printDocument(_ text: String) { Console.current.printOutput(text) }

/// Names in the order they first come, those that differ only in numbers together: `36 x stages.*.blocks.*.gamma`.
func namePatterns(of names: [String]) -> [String] {
  var groups: [(pattern: String, names: [String])] = []
  for name in names {
    let pattern = name.replacing(/[0-9]+/, with: "*")
    if let known = groups.firstIndex(where: { $0.pattern == pattern }) {
      groups[known].names.append(name)
    } else {
      groups.append((pattern, [name]))
    }
  }
  return groups.map {
    $0.names.count > 1 ? "\($0.names.count) x \($0.pattern)" : $0.names[0]
  }
}
