// The schema of everything that --json prints.

import Foundation
import TestSupport
import Testing

/// `Schemas/report.schema.json`.
enum ReportSchema {
  static let path = fixture("../Schemas/report.schema.json")

  private static let schema = Result { try JSONSchema(path: path) }

  /// The definitions.
  static var definitions: [String] { get throws { try schema.get().definitions } }

  /// What in a report is not as the definition of its kind says.
  static func faults(in report: JSONValue) throws -> [String] {
    guard let kind = report["report"]?.text else { return ["$: report is missing"] }
    let schema = try schema.get()
    guard schema.definitions.contains(kind) else { return ["$: no definition of \(kind)"] }
    let found = try schema.faults(in: report, definition: kind)
    return found.isEmpty ? try schema.faults(in: report) : found
  }

  /// The reports of a text: one object, or one on each line.
  static func reports(in text: String) throws -> [JSONValue] {
    if let report = try? JSONValue(parsing: text.utf8) { return [report] }
    return try text.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }
}
