// A list of conversions in a file.

import SedgeTensor

/// What `convert --batch` reads: `Schemas/conversions.schema.json`.
struct ConversionList {
  /// One conversion.
  struct Entry {
    var sources: [String]
    var output: String
    var options: [String]
  }

  /// The conversions, at least one.
  private(set) var entries: [Entry] = []
  /// Options of all of them, before those of each.
  private(set) var options: [String] = []

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
    self = try FormatError.locating(path: path) { () throws(FormatError) in try ConversionList(bytes) }
  }

  private init(_ bytes: [UInt8]) throws(FormatError) {
    var reader = try JSONReader(bytes, part: "the list of conversions", skipsByteOrderMark: true)
    var (entries, options): ([Entry]?, [String]) = (nil, [])
    try reader.members(["conversions", "options"], of: "the list") { reader, key throws(FormatError) in
      if key == "options" {
        options = try reader.strings()
      } else {
        var list: [Entry] = []
        try reader.array { reader throws(FormatError) in
          list.append(try Entry(&reader, place: "conversions [\(list.count)]"))
        }
        entries = list
      }
    }
    try reader.end()
    guard let entries, !entries.isEmpty else {
      throw reader.fault("the list has no conversions, expected one or more")
    }
    (self.entries, self.options) = (entries, options)
  }
}

extension ConversionList.Entry {
  fileprivate init(_ reader: inout JSONReader, place: String) throws(FormatError) {
    var (sources, output): ([String]?, String?)
    var options: [String] = []
    try reader.members(["sources", "output", "options"], of: place) { reader, key throws(FormatError) in
      switch key {
      case "sources": sources = try reader.strings()
      case "output": output = try reader.string()
      default: options = try reader.strings()
      }
    }
    guard let sources, !sources.isEmpty else { throw reader.fault("\(place) has no sources") }
    guard let output else { throw reader.fault("\(place) has no output") }
    (self.sources, self.output, self.options) = (sources, output, options)
  }
}

extension JSONReader {
  /// Reads an object of known keys, each at most once: a misspelt one must not be passed over.
  fileprivate mutating func members(
    _ keys: [String], of place: String,
    _ member: (inout JSONReader, _ key: String) throws(FormatError) -> Void
  ) throws(FormatError) {
    var found: Set<String> = []
    try object { reader, key throws(FormatError) in
      guard keys.contains(key) else {
        throw reader.fault("\(place) has the key \(key), expected \(keys.joined(separator: ", "))")
      }
      guard found.insert(key).inserted else { throw reader.fault("\(place) has \(key) twice") }
      try member(&reader, key)
    }
  }

  /// Reads an array of strings.
  fileprivate mutating func strings() throws(FormatError) -> [String] {
    var strings: [String] = []
    try array { reader throws(FormatError) in strings.append(try reader.string()) }
    return strings
  }
}
