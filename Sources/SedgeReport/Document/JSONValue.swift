// JSON as a tree, from files that nobody vouches for.

import SedgeTensor

/// One value of JSON.
enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  /// An array that is not one of numbers alone.
  case array([JSONValue])
  /// An array of numbers alone, which takes less memory.
  case numbers([Double])
  /// In the order of the file; where a key is repeated, the first counts.
  case object([Member])

  /// A key and its value.
  struct Member: Hashable, Sendable {
    var key: String
    var value: JSONValue
  }

  // MARK: Parts

  /// The value of a key; null where there is none.
  subscript(_ key: String) -> JSONValue {
    members.first { $0.key == key }?.value ?? .null
  }

  /// The members of an object; none of anything else.
  var members: [Member] { if case .object(let members) = self { members } else { [] } }

  /// The elements of an array; none of anything else.
  var elements: [JSONValue] {
    switch self {
    case .array(let elements): elements
    case .numbers(let numbers): numbers.map(JSONValue.number)
    default: []
    }
  }

  /// The numbers of an array of numbers; none of anything else.
  var numbers: [Double] { if case .numbers(let numbers) = self { numbers } else { [] } }

  /// The texts among the elements of an array.
  var texts: [String] { elements.compactMap(\.text) }

  var isNull: Bool { self == .null }
  var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }

  /// A number, or one of the names that reports give to those that JSON does not have.
  var number: Double? {
    switch self {
    case .number(let value): value
    case .text("inf"): .infinity
    case .text("-inf"): -.infinity
    case .text("nan"): .nan
    default: nil
    }
  }

  /// A number that is a whole one of at most 2^40, so that sums of them fit.
  var integer: Int? {
    guard case .number(let value) = self, abs(value) <= 0x1p40 else { return nil }
    return Int(exactly: value)
  }
}

extension JSONValue {
  /// Nested values; a report has ten.
  static let maximumDepth = 32
  /// Values of all kinds.
  static let maximumValueCount = 4_194_304

  /// Reads the bytes of a file, within limits of memory and time.
  ///
  /// - Parameter most: The most values.
  /// - Throws: `FormatError` where they are no JSON, or hold too many or too deeply nested values.
  init(json bytes: [UInt8], most: Int = maximumValueCount) throws(FormatError) {
    var reader = try JSONReader(bytes, part: "the report", skipsByteOrderMark: true)
    var rest = most
    self = try Self.next(&reader, depth: 0, rest: &rest)
    try reader.end()
  }

  private static func next(
    _ reader: inout JSONReader, depth: Int, rest: inout Int
  ) throws(FormatError) -> JSONValue {
    guard depth < maximumDepth else {
      throw reader.fault("values in the report nest deeper than \(maximumDepth)")
    }
    rest -= 1
    guard rest >= 0 else {
      throw reader.fault("the report has more than \(maximumValueCount) values")
    }
    if reader.isNext("{") {
      var members: [Member] = []
      try reader.object { reader, key throws(FormatError) in
        members.append(Member(key: key, value: try next(&reader, depth: depth + 1, rest: &rest)))
      }
      return .object(members)
    }
    if reader.isNext("[") { return try nextArray(&reader, depth: depth, rest: &rest) }
    if reader.isNext("\"") { return .text(try reader.string()) }
    if reader.isNext("t") || reader.isNext("f") { return .boolean(try reader.boolean()) }
    return reader.skipNull() ? .null : .number(try reader.number())
  }

  private static func nextArray(
    _ reader: inout JSONReader, depth: Int, rest: inout Int
  ) throws(FormatError) -> JSONValue {
    var numbers: [Double] = []
    // What comes from the first element on that is no number.
    var elements: [JSONValue] = []
    try reader.array { reader throws(FormatError) in
      switch try next(&reader, depth: depth + 1, rest: &rest) {
      case .number(let value) where elements.isEmpty: numbers.append(value)
      case let value:
        if elements.isEmpty { elements = numbers.map(JSONValue.number) }
        elements.append(value)
      }
    }
    return elements.isEmpty && !numbers.isEmpty ? .numbers(numbers) : .array(elements)
  }
}
