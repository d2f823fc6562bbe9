import SedgeTensor
import Testing

@Suite("The JSON reader")
struct JSONReaderTests {
  @Test("Members come in their order, other values are skipped")
  func order() throws {
    let text =
      #" {"b": [1, 20], "a": {"x": [null, {"y": -1.5e3}], "z": true}, "b": "é\u00e9\ud83d\ude00\n"} "#
    var reader = try JSONReader(Array(text.utf8), part: "the text")
    var (keys, numbers, strings): ([String], [Int], [String]) = ([], [], [])
    try reader.object { reader, key throws(FormatError) in
      keys.append(key)
      if reader.isNext("[") {
        numbers = try reader.integers()
      } else if reader.isNext("\"") {
        strings.append(try reader.string())
      } else {
        try reader.skipValue()
      }
    }
    try reader.end()
    #expect(keys == ["b", "a", "b"])
    #expect(numbers == [1, 20])
    #expect(strings == ["éé😀\n"])
  }

  @Test("A byte order mark is skipped on request, and refused without")
  func byteOrderMark() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("[7]".utf8)
    var reader = try JSONReader(bytes, part: "the text", skipsByteOrderMark: true)
    #expect(try reader.integers() == [7])
    var strict = try JSONReader(bytes, part: "the text")
    #expect(
      throws: FormatError(.malformed("expected an array in the text, found no JSON"), byteOffset: 0)
    ) { try strict.integers() }
  }

  @Test("Offsets of faults count from the start of the file")
  func offsets() throws {
    var reader = try JSONReader(Array("[1 2]".utf8), startByteOffset: 8, part: "the text")
    #expect(
      throws: FormatError(
        .malformed("expected a comma or the end of the array, found a number"), byteOffset: 11)
    ) { try reader.integers() }
    #expect(throws: FormatError(.malformed("the text is not UTF-8"), byteOffset: 11)) {
      try JSONReader(Array("[\"é".utf8) + [0xC3], startByteOffset: 7, part: "the text")
    }
  }

  @Test(
    "Every value of the grammar can be skipped",
    arguments: [
      "true", "false", "null", "0", "-0", "7", "-12", "0.5", "1e9", "-1.25E-3", "2e+0", "\"\"", "[]", "{}",
    ])
  func skips(value: String) throws {
    var reader = try JSONReader(Array("[\(value), 1]".utf8), part: "the text")
    try reader.array { reader throws(FormatError) in try reader.skipValue() }
    try reader.end()
  }

  @Test(
    "Words and numbers that JSON does not have are refused",
    arguments: [
      "nulll", "nul", "True", "NaN", "inf", "01", "-", "+1", ".5", "1.", "1e", "1e+", "1.e3", "0x10", "--1",
      "truefalse",
    ])
  func refuses(value: String) throws {
    var reader = try JSONReader(Array("[\(value)]".utf8), part: "the text")
    #expect(throws: FormatError.self) {
      try reader.array { reader throws(FormatError) in try reader.skipValue() }
    }
  }
}
