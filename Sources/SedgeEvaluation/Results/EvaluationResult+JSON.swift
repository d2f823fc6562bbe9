// A result as JSON, row by row, so that memory does not grow with the number of pictures.

extension EvaluationResult {
  /// Writes one JSON object: each model, difference and picture in a line of its own.
  ///
  /// - Parameters:
  ///   - times: The times of each model, which a result file does not have: they differ from run to run.
  ///   - rows: Calls its argument with each row that counts, in the order of the data set.
  ///   - write: Takes the text, piece by piece.
  package func writeJSON(
    times: [EvaluationTimes?]? = nil, provenance: String? = nil,
    rows: ((PictureRow) throws -> Void) throws -> Void,
    to write: @escaping (String) throws -> Void
  ) throws {
    try write("{\n")
    try write("\"format\": \(compactJSON(format)),\n\"report\": \"evaluate\",\n\"version\": \(version),\n")
    try write("\"sedge_version\": \(compactJSON(sedgeVersion)),\n\"data\": \(compactJSON(data)),\n")
    try Self.write("models", models, to: write)
    try Self.write("differences", differences, to: write)
    try Self.write("failures", failures, to: write)
    if let times { try Self.write("times", times, to: write) }
    if let provenance { try write("\"provenance\": \(provenance),\n") }
    try write("\"pictures\": [")
    var isFirst = true
    try rows { row in
      var row = row
      row.microseconds = []
      try write((isFirst ? "\n" : ",\n") + row.json)
      isFirst = false
    }
    try write("\n]\n}\n")
  }

  private static func write(
    _ key: String, _ items: [some Encodable], to write: @escaping (String) throws -> Void
  ) throws {
    try write("\"\(key)\": [")
    for (index, item) in items.enumerated() { try write((index == 0 ? "\n" : ",\n") + compactJSON(item)) }
    try write(items.isEmpty ? "],\n" : "\n],\n")
  }
}
