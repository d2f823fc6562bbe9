// Members of JSON objects whose faults name the member, what was expected and what was found.

import SedgeArchitecture
import SedgeTensor

extension FormatError {
  /// Puts a member's name before the fault of its value.
  static func keyed<Result>(
    _ key: String, _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    do {
      return try body()
    } catch {
      guard case .malformed(let text) = error.kind, error.path == nil else { throw error }
      throw FormatError(.malformed("\"\(key)\": \(text)"), byteOffset: error.byteOffset)
    }
  }
}

extension JSONReader {
  /// Reads an object, each member at most once; `member` must read the value of each key.
  ///
  /// - Parameter expected: What the object is, for errors.
  /// - Returns: The keys.
  @discardableResult
  mutating func distinctMembers(
    _ expected: String = "an object",
    _ member: (inout JSONReader, _ key: String) throws(FormatError) -> Void
  ) throws(FormatError) -> Set<String> {
    guard isNext("{") else { throw fault("expected \(expected), found \(found)") }
    var keys: Set<String> = []
    try object { reader, key throws(FormatError) in
      guard keys.insert(key).inserted else { throw reader.fault("\"\(key)\": is there twice, expected once") }
      try FormatError.keyed(key) { () throws(FormatError) in try member(&reader, key) }
    }
    return keys
  }

  /// Reads an array.
  mutating func elements<Element>(
    _ expected: String, _ element: (inout JSONReader) throws(FormatError) -> Element
  ) throws(FormatError) -> [Element] {
    guard isNext("[") else { throw fault("expected \(expected), found \(found)") }
    var elements: [Element] = []
    try array { reader throws(FormatError) in elements.append(try element(&reader)) }
    return elements
  }

  /// Reads a string that is not empty and, where values are given, one of them.
  @discardableResult
  mutating func requireText(_ values: [String] = []) throws(FormatError) -> String {
    let expected =
      values.isEmpty ? "a string" : values.map { "\"\($0)\"" }.joined(separator: " or ")
    guard isNext("\"") else { throw fault("expected \(expected), found \(found)") }
    let text = try string()
    guard !text.isEmpty, values.isEmpty || values.contains(text) else {
      throw fault("expected \(expected), found \(text.isEmpty ? "an empty string" : "\"\(text)\"")")
    }
    return text
  }

  /// Reads an integer.
  ///
  /// - Parameter alternative: What else may be there, for errors.
  mutating func requireInteger(
    from least: Int = -(1 << 31), or alternative: String = ""
  ) throws(FormatError) -> Int {
    let expected = "expected an integer\(alternative)"
    skipSpace()
    guard found == "a number" else { throw fault("\(expected), found \(found)") }
    let value = try signedInteger()
    guard value >= least, value < 1 << 31 else {
      throw fault("\(expected) from \(least) to \(1 << 31 - 1), found \(value)")
    }
    return value
  }

  /// The fault of a member that an object does not have.
  func unknownMember(expected: [String], _ key: String) -> FormatError {
    let nearest = expected.min { editDistance($0, key) < editDistance($1, key) }
    return fault(
      "is unknown, expected one of \(expected.joined(separator: ", "))"
        + (nearest.map { editDistance($0, key) <= 2 ? "; did you mean \($0)?" : "" } ?? ""))
  }
}
