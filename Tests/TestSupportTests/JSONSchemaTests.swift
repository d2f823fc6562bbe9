// The validator of schemas, without which tests of reports say nothing.

import TestSupport
import Testing

@Suite("JSON schemas")
struct JSONSchemaTests {
  private static func faults(_ schema: String, _ value: String) throws -> [String] {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(schema.utf8), to: "schema.json")
    return try JSONSchema(path: path).faults(in: JSONValue(parsing: value.utf8))
  }

  private static let accepted = [
    (#"{"type": "integer", "minimum": 0}"#, "0"), (#"{"type": "integer"}"#, "2.0"),
    (#"{"type": ["integer", "null"]}"#, "null"), (#"{"type": "number"}"#, "1"),
    (#"{"enum": ["inf", 1]}"#, "1"), (#"{"const": 1}"#, "1"), (#"{"pattern": "^a+$"}"#, #""aa""#),
    (#"{"pattern": "^a+$"}"#, "7"), (#"{"items": {"type": "string"}, "maxItems": 2}"#, #"["a", "b"]"#),
    (#"{"anyOf": [{"type": "number"}, {"minimum": 0}]}"#, "1"),
    (#"{"properties": {"a": {"const": 1}}}"#, "{}"),
    (##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "boolean"}}}"##, "true"),
    (#"{"additionalProperties": {"type": "number"}, "propertyNames": {"enum": ["a"]}}"#, #"{"a": 1}"#),
  ]

  @Test("What a schema describes passes", arguments: accepted)
  func accepts(schema: String, value: String) throws { #expect(try Self.faults(schema, value) == []) }

  private static let refused = [
    (#"{"type": "integer"}"#, "1.5"), (#"{"type": "integer"}"#, "true"), (#"{"type": "boolean"}"#, "1"),
    (#"{"type": "number"}"#, #""1""#), (#"{"type": "object"}"#, "[]"), (#"{"type": "null"}"#, "0"),
    (#"{"minimum": 0}"#, "-1"), (#"{"maximum": 1}"#, "1.1"), (#"{"enum": [1]}"#, "2"),
    (#"{"const": 1}"#, "true"),
    (#"{"pattern": "^a+$"}"#, #""ab""#), (#"{"minLength": 1}"#, #""""#), (#"{"maxItems": 1}"#, "[1, 2]"),
    (#"{"minItems": 1}"#, "[]"), (#"{"items": {"type": "string"}}"#, #"["a", 1]"#),
    (#"{"oneOf": [{"type": "number"}, {"minimum": 0}]}"#, "1"),
    (#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, "1"),
    (#"{"required": ["a"]}"#, "{}"), (#"{"properties": {"a": {"const": 1}}}"#, #"{"a": 2}"#),
    (#"{"additionalProperties": false, "properties": {"a": true}}"#, #"{"b": 1}"#),
    (#"{"additionalProperties": {"type": "number"}}"#, #"{"a": "b"}"#),
    (#"{"propertyNames": {"enum": ["a"]}}"#, #"{"b": 1}"#), (#"{"properties": {"a": false}}"#, #"{"a": 1}"#),
    (##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "boolean"}}}"##, "1"),
  ]

  @Test("Anything else is found", arguments: refused)
  func refuses(schema: String, value: String) throws { #expect(try !Self.faults(schema, value).isEmpty) }

  @Test(
    "A word that the validator does not know is refused",
    arguments: [
      (#"{"multipleOf": 2}"#, "2"), (#"{"type": "integre"}"#, "2"), (##"{"$ref": "#/$defs/a"}"##, "2"),
      (#"{"uniqueItems": true}"#, "[]"),
    ])
  func unknown(schema: String, value: String) throws {
    #expect(throws: JSONSchema.Fault.self) { try Self.faults(schema, value) }
  }
}
