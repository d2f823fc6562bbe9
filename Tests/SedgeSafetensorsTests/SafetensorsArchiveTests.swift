// safetensors files, well-formed and not, read as archives of tensors.

import Foundation
import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

/// The bytes of a file: the header's length, the header, and `payloadByteCount` zeros.
private func file(_ header: [UInt8], payload payloadByteCount: Int = 0, length: UInt64? = nil) -> [UInt8] {
  let length = length ?? UInt64(header.count)
  return littleEndian(length) + header
    + [UInt8](repeating: 0, count: payloadByteCount)
}

private func file(_ header: String, payload: Int = 0, length: UInt64? = nil) -> [UInt8] {
  file(Array(header.utf8), payload: payload, length: length)
}

/// A header of one tensor `a` of float32.
private func entry(
  dtype: String = #""F32""#, shape: String = "[2]", offsets: String = "[0,8]"
) -> String {
  #"{"a":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}}"#
}

/// Bytes that are refused, and why.
struct Malformed: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]
  var error: FormatError

  init(
    _ description: String, _ bytes: [UInt8], _ kind: FormatError.Kind, tensor: String? = nil,
    at byteOffset: Int? = nil
  ) {
    testDescription = description
    self.bytes = bytes
    error = FormatError(kind, tensor: tensor, byteOffset: byteOffset)
  }

  init(
    _ description: String, _ bytes: [UInt8], _ what: String, tensor: String? = nil, at byteOffset: Int? = nil
  ) {
    self.init(description, bytes, .malformed(what), tensor: tensor, at: byteOffset)
  }

  static let all = [
    // The length.
    Malformed("an empty file", [], .truncated(expectedBytes: 8, actualBytes: 0)),
    Malformed("half a length", [2, 0, 0, 0], .truncated(expectedBytes: 8, actualBytes: 4)),
    Malformed(
      "a header beyond the file", file("{}", length: 3), .truncated(expectedBytes: 11, actualBytes: 10)),
    Malformed(
      "a header beyond the limit", file("{}", length: 100_000_001),
      "the header claims 100000001 bytes, more than the 100000000 allowed", at: 0),
    Malformed(
      "a header beyond all memory", file("{}", length: .max),
      "the header claims 18446744073709551615 bytes, more than the 100000000 allowed", at: 0),
    // The JSON text.
    Malformed("no header", file(""), "expected an object in the header, found the end", at: 8),
    Malformed("a list for a header", file("[]"), "expected an object in the header, found an array", at: 8),
    Malformed(
      "a byte order mark", file([0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
      "expected an object in the header, found no JSON",
      at: 8),
    Malformed(
      "bytes that are not UTF-8", file(Array(#"{"__metadata__":{"a":""#.utf8) + [0xFF] + Array(#""}}"#.utf8)),
      "the header is not UTF-8", at: 30),
    Malformed("an open object", file("{"), "expected a string in the header, found the end", at: 9),
    Malformed(
      "an object without its end", file(entry().dropLast() + " "),
      "expected a comma or the end of the object, found the end", at: 62),
    Malformed(
      "a comma before the end", file(entry().dropLast() + ",}", payload: 8),
      "a comma comes before the end of the object", at: 62),
    Malformed("a second object", file("{}{}"), "expected the end of the header, found an object", at: 10),
    Malformed(
      "a zero byte after the object", file([0x7B, 0x7D, 0]), "expected the end of the header, found no JSON",
      at: 10),
    Malformed(
      "a key without a value", file(#"{"a"}"#), "expected a colon in the header, found a closing bracket",
      at: 12),
    Malformed("a number for a key", file("{1:2}"), "expected a string in the header, found a number", at: 9),
    Malformed("an open string", file(#"{"abc"#), "the header ends within a string", at: 13),
    Malformed("an open escape", file(#"{"abc\"#), "the header ends within a string", at: 13),
    Malformed(
      "an unknown escape", file(#"{"\x":1}"#), "a string has an escape that JSON does not have", at: 10),
    Malformed(
      "a short escape", file(#"{"\u12"#), "an escape in a string is no Unicode character", at: 10),
    Malformed(
      "a signed escape", file(#"{"\u+123":1}"#), "an escape in a string is no Unicode character", at: 10),
    Malformed(
      "half of a surrogate pair", file(#"{"\ud83d":1}"#), "an escape in a string is no Unicode character",
      at: 10),
    Malformed(
      "the halves in the wrong order", file(#"{"\udca9\ud83d":1}"#),
      "an escape in a string is no Unicode character", at: 10),
    Malformed(
      "a line break in a string", file("{\"a\nb\":1}"),
      "a string has a control character, expected an escape", at: 11),
    // The metadata.
    Malformed(
      "metadata that is no object", file(#"{"__metadata__":"a"}"#),
      "expected an object in the header, found a string", at: 24),
    Malformed(
      "metadata that is no string", file(#"{"__metadata__":{"a":1}}"#),
      "expected a string in the header, found a number", at: 29),
    Malformed(
      "metadata twice", file(#"{"__metadata__":{},"__metadata__":{}}"#),
      "__metadata__ occurs twice", at: 42),
    Malformed(
      "metadata with null in it", file(#"{"__metadata__":{"a":null}}"#),
      "expected a string in the header, found null", at: 29),
    // The entries.
    Malformed(
      "a tensor that is no object", file(#"{"a":[]}"#), "expected an object in the header, found an array",
      tensor: "a", at: 13),
    Malformed(
      "deep nesting", file(#"{"a":"# + String(repeating: "[", count: 1_000_000)),
      "expected an object in the header, found an array", tensor: "a", at: 13),
    Malformed(
      "deep nesting of objects", file(#"{"a":"# + String(repeating: #"{"a":"#, count: 200_000)),
      "values in the header nest deeper than 125", tensor: "a", at: 643),
    Malformed(
      "deep nesting of lists", file(#"{"a":{"x":"# + String(repeating: "[", count: 1_000_000)),
      "values in the header nest deeper than 125", tensor: "a", at: 143),
    Malformed(
      "a key without a known one", file(#"{"a":{"type":"F32"}}"#), "dtype is missing", tensor: "a", at: 13),
    Malformed(
      "half a byte", file(entry(dtype: #""F4""#, shape: "[3]", offsets: "[0,2]"), payload: 2),
      "3 elements of F4 are no whole bytes", tensor: "a", at: 13),
    Malformed(
      "other bytes than 4-bit elements take",
      file(entry(dtype: #""F4""#, shape: "[4]", offsets: "[0,4]"), payload: 4),
      "data_offsets spans 4 bytes, but 4 of F4 takes 2", tensor: "a", at: 13),
    Malformed(
      "a key twice", file(#"{"a":{"dtype":"F32","dtype":"F32"}}"#),
      "the key dtype occurs twice", tensor: "a", at: 36),
    Malformed(
      "no dtype", file(#"{"a":{"shape":[],"data_offsets":[0,0]}}"#), "dtype is missing", tensor: "a", at: 13),
    Malformed(
      "no shape", file(#"{"a":{"dtype":"F32","data_offsets":[0,0]}}"#), "shape is missing", tensor: "a",
      at: 13),
    Malformed(
      "no data_offsets", file(#"{"a":{"dtype":"F32","shape":[]}}"#), "data_offsets is missing", tensor: "a",
      at: 13),
    Malformed(
      "a type that the format does not have", file(entry(dtype: #""C128""#), payload: 8),
      .unsupportedElementType("C128"), tensor: "a", at: 13),
    Malformed(
      "a type in lower case", file(entry(dtype: #""f32""#), payload: 8), .unsupportedElementType("f32"),
      tensor: "a", at: 13),
    Malformed(
      "a number for a type", file(entry(dtype: "32"), payload: 8),
      "expected a string in the header, found a number",
      tensor: "a", at: 22),
    // The shape.
    Malformed(
      "a negative extent", file(entry(shape: "[-2]"), payload: 8), "expected a non-negative integer",
      tensor: "a", at: 37),
    Malformed(
      "a fraction for an extent", file(entry(shape: "[2.0]"), payload: 8),
      "expected an integer, found a fraction", tensor: "a", at: 38),
    Malformed(
      "an extent in powers of ten", file(entry(shape: "[2e0]"), payload: 8),
      "expected an integer, found a fraction", tensor: "a", at: 38),
    Malformed(
      "an extent with a zero before it", file(entry(shape: "[02]"), payload: 8),
      "expected a non-negative integer", tensor: "a", at: 37),
    Malformed(
      "a string for an extent", file(entry(shape: #"["2"]"#), payload: 8), "expected a non-negative integer",
      tensor: "a", at: 37),
    Malformed(
      "null for a shape", file(entry(shape: "null"), payload: 8),
      "expected an array in the header, found null",
      tensor: "a", at: 36),
    Malformed(
      "an open shape", file(entry(shape: "[2"), payload: 8), "expected a non-negative integer", tensor: "a",
      at: 39),
    Malformed(
      "an extent beyond 64 bits", file(entry(shape: "[9223372036854775808]"), payload: 8),
      "an integer is greater than 2^63 - 1", tensor: "a", at: 37),
    Malformed(
      "more elements than memory", file(entry(shape: "[4294967296,4294967296]"), payload: 8),
      "4294967296x4294967296 elements are more than memory can have", tensor: "a", at: 13),
    Malformed(
      "more bytes than memory", file(entry(shape: "[4611686018427387904]"), payload: 8),
      "4611686018427387904 elements are more than memory can have", tensor: "a", at: 13),
    // The offsets.
    Malformed(
      "one offset", file(entry(offsets: "[8]"), payload: 8), "data_offsets has 1 numbers, expected 2",
      tensor: "a", at: 13),
    Malformed(
      "three offsets", file(entry(offsets: "[0,4,8]"), payload: 8), "data_offsets has 3 numbers, expected 2",
      tensor: "a", at: 13),
    Malformed(
      "an end before the begin", file(entry(offsets: "[8,0]"), payload: 8),
      "data_offsets ends at 0, before it begins at 8", tensor: "a", at: 13),
    Malformed(
      "fewer bytes than elements", file(entry(offsets: "[0,4]"), payload: 4),
      "data_offsets spans 4 bytes, but 2 of F32 takes 8", tensor: "a", at: 13),
    Malformed(
      "more bytes than elements", file(entry(shape: "[]"), payload: 8),
      "data_offsets spans 8 bytes, but scalar of F32 takes 4", tensor: "a", at: 13),
    Malformed(
      "a gap before the first payload", file(entry(offsets: "[8,16]"), payload: 16),
      "the payload begins at 8, but the one before ends at 0", tensor: "a"),
    Malformed(
      "a gap between payloads", file(two("[0,4]", "[5,9]"), payload: 9),
      "the payload begins at 5, but the one before ends at 4", tensor: "b"),
    Malformed(
      "payloads that overlap", file(two("[0,4]", "[3,7]"), payload: 7),
      "the payload begins at 3, inside the one before, which ends at 4", tensor: "b"),
    Malformed(
      "payloads in one place", file(two("[0,4]", "[0,4]"), payload: 4),
      "the payload begins at 0, inside the one before, which ends at 4", tensor: "b"),
    Malformed(
      "a payload beyond the file", file(entry(), payload: 7), .truncated(expectedBytes: 70, actualBytes: 69)),
    Malformed(
      "a payload beyond all files",
      file(entry(dtype: #""U8""#, shape: "[9223372036854775807]", offsets: "[0,9223372036854775807]")),
      .truncated(expectedBytes: .max, actualBytes: 97)),
    Malformed(
      "bytes after the last payload", file(entry(), payload: 9), "1 bytes follow the last payload", at: 70),
    Malformed("bytes without a tensor", file("{}", payload: 1), "1 bytes follow the last payload", at: 10),
  ]

  /// A header of two float32 scalars.
  private static func two(_ first: String, _ second: String) -> String {
    entry(shape: "[]", offsets: first).dropLast()
      + #","b":{"dtype":"F32","shape":[],"data_offsets":\#(second)}}"#
  }
}

@Suite("safetensors")
struct SafetensorsArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> SafetensorsArchive {
    try SafetensorsArchive(path: folder.write(bytes, to: "file.safetensors"))
  }

  @Test("Malformed files are refused", arguments: Malformed.all)
  func refuses(_ input: Malformed) throws {
    var expected = input.error
    expected.path = folder.file("file.safetensors")
    let error = try #require(throws: FormatError.self) { try open(input.bytes) }
    #expect(error == expected)
  }

  @Test("A file of the reference implementation reads as what was written, in every type")
  func readsReferenceFile() throws {
    let file = try SafetensorsArchive(path: fixture("safetensors/types.safetensors"))
    #expect(file.metadata == ["format": "np", "quote\"": "\u{2713} \\ \n"])
    let types: [String: ElementType] = [
      "F64": .float64, "F32": .float32, "F16": .float16, "I64": .int64, "I32": .int32, "I16": .int16,
      "I8": .int8,
      "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool, "scalar": .float32,
      "empty": .float32,
    ]
    #expect(
      [String: ElementType](uniqueKeysWithValues: file.tensors.map { ($0.name, $0.elementType) }) == types)
    for info in file.tensors where info.shape == [3, 4] {
      if info.elementType.isFloatingPoint {
        #expect(try file.floats(info).values == (0..<12).map { Float($0) - 3 })
      } else {
        let first = info.name.hasPrefix("U") ? 0 : -3
        #expect(try file.integers(info) == Array(first..<first + 12))
      }
    }
    for info in file.tensors where info.name == "BOOL" { #expect(try file.integers(info) == [1, 0, 1]) }
    for info in file.tensors where info.name == "scalar" { #expect(try file.floats(info).values == [-3]) }
    for info in file.tensors where info.name == "empty" { #expect(try file.floats(info).shape == [0, 4]) }
  }

  @Test("Keys in any order, space between them and every escape are read")
  func readsLooseJSON() throws {
    let header =
      "{ \"\\u0061\\n\\ud83d\\udca9\\/\" : {\r\n\"data_offsets\":[ 2 , 4 ],\t\"shape\": [ 1 ],\"dtype\":\"BF16\" },"
      + "\"b\":{\"dtype\":\"U16\",\"shape\":[1,1],\"data_offsets\":[0,2]}}   "
    let archive = try open(file(Array(header.utf8)) + [1, 0, 0x80, 0xBF])
    #expect(archive.tensors.map(\.name) == ["b", "a\n💩/"])
    #expect(try archive.integers(archive.tensors[0]) == [1])
    #expect(try archive.floats(archive.tensors[1]) == Tensor(shape: [1], values: [-1]))
  }

  /// Headers that the format's own reader takes (safetensors 0.8.0), of one tensor `a` of two float32.
  static let loose: [String] = [
    " \(entry())", "\n\t\r\(entry())", "\(String(repeating: " ", count: 3000))\(entry())", "\(entry()) \n\t",
    after(#""__metadata__":null"#), after(#""__metadata__":{}"#), after(#""__metadata__":{"a":"b","a":"c"}"#),
    with(#""device":"cpu","n":-1.5e3,"t":true,"z":null"#), with(#""x":{"y":[1,{"z":[]},"w"]}"#),
    with(#""x":1,"x":2"#),
    with("\"x\":\(String(repeating: "[", count: 100))\(String(repeating: "]", count: 100))"),
    after(String(entry().dropFirst().dropLast())),
    after(#""a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}"#),
    after(#""y":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}"#),
    after(#""z":{"dtype":"I64","shape":[0],"data_offsets":[8,8]}"#),
  ]

  /// The header behind other members.
  private static func after(_ members: String) -> String { "{\(members),\(entry().dropFirst())" }

  /// The header with more in the tensor's object.
  private static func with(_ members: String) -> String { "\(entry().dropLast(2)),\(members)}}" }

  @Test("What the format's own reader takes is taken", arguments: loose)
  func readsLooseHeaders(_ header: String) throws {
    let bytes = file(header) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
    #expect(SafetensorsArchive.recognizes(bytes))
    let archive = try open(bytes)
    let info = try #require(archive.tensors.first { $0.name == "a" })
    #expect(try archive.floats(info) == Tensor(shape: [2], values: [1, -2]))
    for info in archive.tensors where info.name != "a" { #expect(info.elementCount == 0) }
  }

  @Test(
    "A tensor of a type that is not read is named and blocks no other",
    arguments: [
      ("F4", 4), ("F6_E2M3", 3), ("F6_E3M2", 3), ("F8_E8M0", 2), ("F8_E4M3FNUZ", 2), ("F8_E5M2FNUZ", 2),
      ("C64", 1),
    ])
  func passesOverTypes(_ type: String, _ count: Int) throws {
    let byteCounts = ["F4": 2, "F6_E2M3": 3, "F6_E3M2": 3, "C64": 8]
    let end = 8 + (byteCounts[type] ?? 2)
    // Of 4 and 6 bits, four elements are a whole number of bytes.
    let shape = type.hasPrefix("F6") ? 4 : count
    let other = #","b":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[8,\#(end)]}}"#
    let archive = try open(file(entry().dropLast() + other, payload: end))
    #expect(archive.tensors.map(\.name) == ["a"])
    #expect(
      archive.skipped == [
        SkippedObject(name: "b", reason: "its elements are of type \(type); save them as F32", isTensor: true)
      ])
  }

  @Test(
    "8-bit weights that another tensor scales are not taken for the weights",
    arguments: [
      ("F8_E4M3", "float8_e4m3fn", "a.weight_scale"), ("F8_E4M3", "float8_e4m3fn", "a.weight_scale_inv"),
      ("F8_E5M2", "float8_e5m2", "a.scale_weight"), ("I8", "int8", "a.SCB"),
      ("U8", "uint8", "a.weight.absmax"), ("F8_E4M3", "float8_e4m3fn", "a.scales"),
      ("F8_E4M3", "float8_e4m3fn", "a.weight_quantizer._amax"),
    ])
  func passesOverScaled(_ type: String, _ name: String, _ scale: String) throws {
    let header =
      #"{"a.weight":{"dtype":"\#(type)","shape":[4],"data_offsets":[0,4]},"#
      + #""\#(scale)":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"#
      + #""b.weight":{"dtype":"\#(type)","shape":[2],"data_offsets":[8,10]}}"#
    let archive = try open(file(header, payload: 10))
    #expect(archive.tensors.map(\.name) == [scale, "b.weight"])
    let reason =
      "its \(name) elements are scaled by \(scale); save the weights that they stand for, in float16 or wider"
    #expect(archive.skipped == [SkippedObject(name: "a.weight", reason: reason, isTensor: true)])
  }

  @Test("A file without tensors is a file")
  func readsEmptyArchive() throws {
    let archive = try open(file("{}"))
    #expect(archive.tensors.isEmpty)
    #expect(archive.metadata.isEmpty)
  }

  @Test("Empty tensors may share a place")
  func readsEmptyTensors() throws {
    let empty = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    let archive = try open(file(#"{"a":\#(empty),"b":\#(empty)}"#))
    #expect(try archive.tensors.map { try archive.floats($0).values } == [[], []])
  }

  @Test("A file is recognized by a plausible length and a brace")
  func recognizesPrefix() {
    #expect(SafetensorsArchive.recognizes(file("{}")))
    #expect(!SafetensorsArchive.recognizes(file("[]")))
    #expect(!SafetensorsArchive.recognizes(file("{}", length: 100_000_001)))
    #expect(!SafetensorsArchive.recognizes([2, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test("A payload that has gone since the file was opened is an error")
  func noticesShrunkFile() throws {
    let archive = try open(file(entry(), payload: 8))
    let handle = try #require(FileHandle(forWritingAtPath: archive.path))
    try handle.truncate(atOffset: 64)
    let error = try #require(throws: FormatError.self) { try archive.floats(archive.tensors[0]) }
    #expect(
      error
        == FormatError(.truncated(expectedBytes: 70, actualBytes: 64), path: archive.path, tensor: "a"))
  }
}
