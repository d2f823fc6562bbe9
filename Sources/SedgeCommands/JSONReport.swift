// What commands print with --json.

/// The kinds of reports, each a definition of `Schemas/report.schema.json`.
enum ReportKind: String, CaseIterable, Encodable {
  case inspect, convert, verify, segment, classify, export, diff, sweep, evaluate, gate, bench, estimate, sign
  /// What `convert --dry-run` expects.
  case conversionEstimate = "convert-estimate"
  /// That `convert --skip-existing` had nothing to do.
  case skippedConversion = "convert-skipped"
  /// The conversions of a list.
  case conversionBatch = "convert-batch"
  /// The end of a command that could not do its work.
  case error
}

/// What a command prints with `--json`: ``printJSON(_:inputs:)`` adds the members of ``TaggedReport`` to it.
protocol JSONReport: Encodable {
  /// The member `report`.
  static var kind: ReportKind { get }
}

/// A report with the members by which a program tells it from others, and with what made it.
struct TaggedReport<Report: JSONReport>: Encodable {
  /// The member `version` of all reports: it rises where members are removed or change their meaning.
  static var version: Int { 1 }

  private enum CodingKeys: CodingKey { case report, version, provenance }

  let report: Report
  let provenance: ProvenanceJSON?

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Report.kind, forKey: .report)
    try container.encode(Self.version, forKey: .version)
    try container.encodeIfPresent(provenance, forKey: .provenance)
  }
}
