// A validator for the words of JSON Schema (2020-12) that the schemas of this project have.

import Foundation

/// A schema, and what in a value is not as it says.
package struct JSONSchema: Sendable {
  /// A schema that is none, or that has a word which this validator does not check.
  package struct Fault: Error, CustomStringConvertible {
    package var description: String
  }

  /// Words that say nothing of a value.
  private static let annotations: Set = ["$schema", "$defs", "title", "description"]

  private let root: JSONValue

  /// Reads a schema.
  package init(path: String) throws {
    root = try JSONValue(parsing: try bytes(of: path))
    guard case .object = root else { throw Fault(description: "\(path): no schema") }
  }

  /// The names of the definitions.
  package var definitions: [String] {
    guard case .object(let definitions)? = root["$defs"] else { return [] }
    return definitions.keys.sorted()
  }

  /// What is not as the schema, or one of its definitions, says: the place and the fault, such as
  /// `$.tensors[3]: bytes is missing`.
  package func faults(in value: JSONValue, definition: String? = nil) throws -> [String] {
    try faults(value, try definition.map { try resolved("#/$defs/\($0)") } ?? root, "$")
  }

  private func resolved(_ reference: String) throws -> JSONValue {
    let prefix = "#/$defs/"
    guard reference.hasPrefix(prefix), let found = root["$defs"]?[String(reference.dropFirst(prefix.count))]
    else { throw Fault(description: "no definition \(reference)") }
    return found
  }

  private func faults(_ value: JSONValue, _ schema: JSONValue, _ place: String) throws -> [String] {
    if case .bool(let allows) = schema { return allows ? [] : ["\(place): is not in the schema"] }
    guard case .object(let words) = schema else { throw Fault(description: "\(place): no schema") }
    var found: [String] = []
    for (word, rule) in words where !Self.annotations.contains(word) {
      switch (word, rule) {
      case ("$ref", .string(let reference)): found += try faults(value, try resolved(reference), place)
      case ("const", _): if value != rule { found.append("\(place): is not \(rule)") }
      case ("enum", .array(let values)):
        if !values.contains(value) { found.append("\(place): \(value) is none of the values") }
      case ("type", .string(let name)): found += try Self.typeFaults(value, [name], place)
      case ("type", .array(let names)):
        found += try Self.typeFaults(value, names.compactMap(\.text), place)
      case ("anyOf", .array(let schemas)), ("oneOf", .array(let schemas)):
        found += try choiceFaults(value, schemas, isOne: word == "oneOf", place)
      default:
        switch value {
        case .object(let members): found += try objectFaults(members, word, rule, words, place)
        case .array(let elements): found += try arrayFaults(elements, word, rule, place)
        case .number(let number): found += try Self.numberFaults(number, word, rule, place)
        case .string(let text): found += try Self.stringFaults(text, word, rule, place)
        default: try Self.requireKnown(word)
        }
      }
    }
    return found
  }

  /// Words for one type say nothing of values of another.
  private static func requireKnown(_ word: String) throws {
    let known: Set = [
      "properties", "required", "additionalProperties", "propertyNames", "items", "minItems", "maxItems",
      "minimum", "maximum", "minLength", "pattern",
    ]
    guard known.contains(word) else { throw Fault(description: "the word \(word) is not checked") }
  }

  private static func typeFaults(_ value: JSONValue, _ names: [String], _ place: String) throws -> [String] {
    let isOfType = try names.contains { name in
      switch (name, value) {
      case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
        ("object", .object):
        true
      case ("integer", .number(let number)): number == number.rounded()
      case ("null", _), ("boolean", _), ("number", _), ("string", _), ("array", _), ("object", _),
        ("integer", _):
        false
      default: throw Fault(description: "no type \(name)")
      }
    }
    return isOfType ? [] : ["\(place): is no \(names.joined(separator: " or "))"]
  }

  private func choiceFaults(
    _ value: JSONValue, _ schemas: [JSONValue], isOne: Bool, _ place: String
  ) throws -> [String] {
    let all = try schemas.map { try faults(value, $0, place) }
    let count = all.count(where: \.isEmpty)
    if count == 1 || (count > 1 && !isOne) { return [] }
    if count > 1 { return ["\(place): is of \(count) schemas, expected one"] }
    // The schema that comes nearest is the one that was meant.
    return ["\(place): is of no schema"] + (all.min { $0.count < $1.count } ?? [])
  }

  private func objectFaults(
    _ members: [String: JSONValue], _ word: String, _ rule: JSONValue, _ words: [String: JSONValue],
    _ place: String
  ) throws -> [String] {
    switch (word, rule) {
    case ("properties", .object(let schemas)):
      return try members.flatMap { name, member in
        try schemas[name].map { try faults(member, $0, "\(place).\(name)") } ?? []
      }
    case ("required", .array(let names)):
      return names.compactMap(\.text).filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
    case ("additionalProperties", _):
      return try members.filter { words["properties"]?[$0.key] == nil }.flatMap { name, member in
        rule == .bool(false)
          ? ["\(place): \(name) is not in the schema"] : try faults(member, rule, "\(place).\(name)")
      }
    case ("propertyNames", _):
      return try members.keys.flatMap { try faults(.string($0), rule, "\(place), the name \($0)") }
    default:
      try Self.requireKnown(word)
      return []
    }
  }

  private func arrayFaults(
    _ elements: [JSONValue], _ word: String, _ rule: JSONValue, _ place: String
  ) throws -> [String] {
    switch (word, rule) {
    case ("items", _):
      return try elements.enumerated().flatMap { try faults($0.element, rule, "\(place)[\($0.offset)]") }
    case ("minItems", .number(let count)):
      return Double(elements.count) < count ? ["\(place): has less than \(count) elements"] : []
    case ("maxItems", .number(let count)):
      return Double(elements.count) > count ? ["\(place): has more than \(count) elements"] : []
    default:
      try Self.requireKnown(word)
      return []
    }
  }

  private static func numberFaults(
    _ number: Double, _ word: String, _ rule: JSONValue, _ place: String
  ) throws -> [String] {
    switch (word, rule) {
    case ("minimum", .number(let least)): return number < least ? ["\(place): is below \(least)"] : []
    case ("maximum", .number(let most)): return number > most ? ["\(place): is above \(most)"] : []
    default:
      try requireKnown(word)
      return []
    }
  }

  private static func stringFaults(
    _ text: String, _ word: String, _ rule: JSONValue, _ place: String
  ) throws -> [String] {
    switch (word, rule) {
    case ("pattern", .string(let pattern)):
      return try text.firstMatch(of: Regex(pattern)) == nil ? ["\(place): \(text) does not match"] : []
    case ("minLength", .number(let count)):
      return Double(text.unicodeScalars.count) < count ? ["\(place): is too short"] : []
    default:
      try requireKnown(word)
      return []
    }
  }
}
