// JSON arrays of strings.

internal import SedgeTensor

extension JSONReader {
  /// The strings of a text that is a JSON array of strings and nothing else.
  ///
  /// - Throws: ``FormatError`` with the offset at which the text stops being such an array.
  static func strings(in bytes: [UInt8]) throws(FormatError) -> [String] {
    var reader = try JSONReader(bytes, part: "the text", skipsByteOrderMark: true)
    guard reader.isNext("[") else {
      throw reader.fault("expected a JSON array of strings, found \(reader.found)")
    }
    var strings: [String] = []
    try reader.array { reader throws(FormatError) in
      guard strings.count < maximumNameCount else {
        throw reader.fault("the array has more than \(maximumNameCount) strings")
      }
      guard reader.isNext("\"") else {
        throw reader.fault("element \(strings.count) of the array is \(reader.found), expected a string")
      }
      strings.append(try reader.string())
    }
    try reader.end()
    return strings
  }
}
