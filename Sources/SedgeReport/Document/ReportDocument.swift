// A report that a command printed with --json.

package import SedgeTensor

/// The JSON of `verify`, `evaluate`, `sweep` or `inspect`.
///
/// Nothing in it is trusted but its kind: what is missing or of another type than expected is left out of the page.
package struct ReportDocument: Sendable {
  /// The command that made a report.
  package enum Kind: String, CaseIterable, Sendable { case verify, evaluate, sweep, inspect }

  /// The largest file that is read; the result of an evaluation of 20,000 pictures has 40 MB.
  package static let maximumByteCount = 67_108_864
  /// The version of reports that is read.
  package static let version = 1
  /// What results of evaluations have instead of the key `report`.
  private static let evaluationFormat = "sedge evaluation"

  /// The command.
  package let kind: Kind
  let value: JSONValue

  /// Reads a report from a file.
  ///
  /// - Throws: `FormatError` as ``init(json:)``, or where the file cannot be read.
  package init(path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      let file = try InputFile(path: path)
      // One byte more than is read, so that the size is refused below without reading all of it.
      let count = min(file.byteCount, Self.maximumByteCount + 1)
      return try ReportDocument(json: try file.bytes(at: 0, count: count))
    }
  }

  /// Reads a report.
  ///
  /// - Throws: `FormatError` where the bytes are no JSON, no report, or one of another version.
  package init(json bytes: [UInt8]) throws(FormatError) {
    guard bytes.count <= Self.maximumByteCount else {
      throw FormatError(
        .unsupported(
          "a report of more than \(Self.maximumByteCount) bytes",
          advice: "give --html to the command itself"))
    }
    try self.init(try JSONValue(json: bytes))
  }

  /// Reads a report that this program has just made, however large.
  ///
  /// - Throws: `FormatError` as ``init(json:)``.
  package init(own bytes: [UInt8]) throws(FormatError) {
    try self.init(try JSONValue(json: bytes, most: .max))
  }

  private init(_ value: JSONValue) throws(FormatError) {
    let isEvaluation = value["format"].text == Self.evaluationFormat
    let name = isEvaluation ? Kind.evaluate.rawValue : value["report"].text
    guard let kind = name.flatMap(Kind.init) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw FormatError(
        .unsupported(
          name.map { "a report of \($0)" } ?? "a JSON text that is no report",
          advice: "expected what one of these commands prints with --json: \(kinds)"))
    }
    guard let version = value["version"].integer, version >= 1 else {
      throw FormatError(.malformed("the report has no version"))
    }
    guard version <= Self.version else {
      throw FormatError(.newerVersion(found: version, supported: Self.version))
    }
    (self.kind, self.value) = (kind, value)
  }
}
