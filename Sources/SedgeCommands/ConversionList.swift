// A list of conversions in a file.

import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `convert --batch` reads: `Schemas/conversions.schema.json`.
struct ConversionList {
  /// One conversion.
  struct Entry: Decodable {
    var sources: [String]
    var output: String
    var options: [String]

    private enum Key: String, CodingKey, CaseIterable { case sources, output, options }

    init(from decoder: any Decoder) throws {
      let container = try StrictKeys.container(of: decoder, Key.self)
      sources = try container.decode([String].self, forKey: .sources)
      output = try container.decode(String.self, forKey: .output)
      options = try container.decodeIfPresent([String].self, forKey: .options) ?? []
    }
  }

  /// The conversions, at least one.
  var entries: [Entry]
  /// Options of all of them, before those of each.
  var options: [String]

  /// The largest accepted file.
  static let largestByteCount = 1 << 24

  /// Reads a list.
  ///
  /// - Throws: `FormatError` where the file cannot be read or is no list.
  init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(.malformed("has \(file.byteCount) bytes, expected a list of conversions"), path: path)
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    do {
      let stored = try JSONDecoder().decode(Stored.self, from: Data(bytes))
      (entries, options) = (stored.conversions, stored.options)
    } catch {
      throw FormatError(.malformed("is no list of conversions: \(Self.text(error))"), path: path)
    }
    guard !entries.isEmpty, entries.allSatisfy({ !$0.sources.isEmpty }) else {
      throw FormatError(
        .malformed("is no list of conversions: expected one or more, each with one or more sources"),
        path: path)
    }
  }

  private struct Stored: Decodable {
    var conversions: [Entry]
    var options: [String]

    private enum Key: String, CodingKey, CaseIterable { case conversions, options }

    init(from decoder: any Decoder) throws {
      let container = try StrictKeys.container(of: decoder, Key.self)
      conversions = try container.decode([Entry].self, forKey: .conversions)
      options = try container.decodeIfPresent([String].self, forKey: .options) ?? []
    }
  }

  private static func text(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it is no JSON" }
    switch error {
    case .dataCorrupted(let context): return context.debugDescription
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(place(context)) is of another type"
    @unknown default: return "it cannot be understood"
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(
      separator: " ")
    return path.isEmpty ? "the whole" : path
  }
}

/// Objects without keys that nobody reads: a misspelt one must not be passed over.
private enum StrictKeys {
  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  /// A container of an object that has no other keys.
  static func container<Key: CodingKey & CaseIterable>(
    of decoder: any Decoder, _ keys: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.stringValue)
    let all = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted()
    if let other = all.first(where: { !known.contains($0) }) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "there is no key \(other), only \(known.joined(separator: ", "))"))
    }
    return try decoder.container(keyedBy: keys)
  }
}
