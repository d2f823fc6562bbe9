// Reading the file of a result.

import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension EvaluationResult {
  /// Reads a result with all its rows; nothing in the file is trusted.
  ///
  /// Sizes and counts are checked, and figures' counts against those of the rows.
  ///
  /// - Throws: `FormatError` where the file cannot be read or is damaged, ``EvaluationError`` where it is of another kind.
  package static func read(path: String) throws -> EvaluationResult {
    let file = try InputFile(path: path)
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    return try FormatError.located(in: path) { try EvaluationResult(json: bytes, path: path) }
  }

  /// Reads a result from the bytes of its file.
  ///
  /// - Parameter path: The file, for errors.
  package init(json bytes: [UInt8], path: String) throws {
    guard bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") else {
      throw EvaluationError(.notAResult(found: nil), path: path)
    }
    let rows = try Self.checkedPlaceOfRows(bytes, path: path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let rest = bytes[..<rows.lowerBound] + Array("[]".utf8) + bytes[rows.upperBound...]
    do {
      self = try decoder.decode(EvaluationResult.self, from: Data(rest))
    } catch let error as DecodingError {
      throw FormatError(.malformed(Self.text(of: error)))
    }
    if let fault { throw FormatError(.malformed(fault)) }
    pictures = try Self.rows(
      bytes, classCount: data.classes.count, modelCount: models.count)
    if let fault = faultOfRows { throw FormatError(.malformed(fault)) }
  }

  /// Where the rows are, of a file that says that it is a result of a version that is read.
  private static func checkedPlaceOfRows(_ bytes: [UInt8], path: String) throws -> Range<Int> {
    var reader = try JSONReader(bytes, part: "the result")
    var (format, version, rows): (String?, Int?, Range<Int>?) = (nil, nil, nil)
    do {
      try reader.object { reader, key throws(FormatError) in
        switch key {
        case "format": format = reader.isNext("\"") ? try reader.string() : nil
        case "version": version = try reader.integer()
        case "pictures":
          _ = reader.isNext("[")
          let start = reader.byteOffset
          try reader.skipValue()
          rows = start..<reader.byteOffset
        default: try reader.skipValue()
        }
      }
      try reader.end()
    } catch {
      // A file of rows is one object after another.
      guard format == EvaluationPlan.formatName else { throw error }
    }
    guard format == formatName else { throw EvaluationError(.notAResult(found: format), path: path) }
    if let version, version > formatVersion {
      throw FormatError(.newerVersion(found: version, supported: formatVersion))
    }
    guard let rows else { throw FormatError(.malformed("it has no pictures")) }
    return rows
  }

  private static func rows(
    _ bytes: [UInt8], classCount: Int, modelCount: Int
  ) throws(FormatError) -> [PictureRow] {
    var reader = try JSONReader(bytes, part: "the result")
    var rows: [PictureRow] = []
    try reader.object { reader, key throws(FormatError) in
      guard key == "pictures" else { return try reader.skipValue() }
      try reader.array { reader throws(FormatError) in
        rows.append(try PictureRow(&reader, classCount: classCount, modelCount: modelCount))
      }
    }
    return rows
  }

  private static func text(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "\(place(context)) has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(place(context)) is not as a result has it"
    @unknown default: "it is not as a result has it"
    }
  }

  /// The path of a value, such as `models[0].figures`.
  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.reduce("") { path, key in
      key.intValue.map { "\(path)[\($0)]" } ?? (path.isEmpty ? "" : path + ".") + key.stringValue
    }
    return path.isEmpty ? "it" : path
  }
}

extension FormatError {
  /// Adds the file to errors of `body` that have none.
  fileprivate static func located<Result>(in path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var error as FormatError {
      error.path = error.path ?? path
      throw error
    }
  }
}
