import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Test(
  "A literal is split at ; into classes and at , into synonyms",
  arguments: [
    ("sky", ["sky"], [["sky"]]),
    ("a; b, synonym; c", ["a", "b, synonym", "c"], [["a"], ["b", "synonym"], ["c"]]),
    (
      " sea  horse ;\tfish,\u{3000}shark ", ["sea  horse", "fish, shark"],
      [["sea  horse"], ["fish", "shark"]]
    ),
    ("a;b,c,d;", ["a", "b, c, d"], [["a"], ["b", "c", "d"]]),
    ("\u{7A7A};\u{6D77}", ["\u{7A7A}", "\u{6D77}"], [["\u{7A7A}"], ["\u{6D77}"]]),
  ])
func literal(text: String, names: [String], synonyms: [[String]]) throws {
  let list = try ClassList(literal: text)
  #expect(list.classes.map(\.name) == names)
  #expect(list.classes.map(\.synonyms) == synonyms)
  #expect(try ClassList(names: names) == list)
}

@Test("Names of a list are kept as written, and split only at a comma with a space")
func names() throws {
  let list = try ClassList(names: ["sky", "door, double  door,gate", "bed ", "a; b", "c,d"])
  #expect(list.classes.map(\.name) == ["sky", "door, double  door,gate", "bed ", "a; b", "c,d"])
  #expect(
    list.classes.map(\.synonyms) == [["sky"], ["door", "double  door,gate"], ["bed"], ["a; b"], ["c,d"]])
}

@Test("A list file gives the classes of its names")
func file() throws {
  let folder = try TemporaryFolder()
  let json =
    "\u{FEFF} [ \"sky\" ,\n\"sea, water\",\t\"caf\\u00e9 \\ud83d\\ude00 \\\"q\\\" \\\\ \\/ \\t\"\r]\n"
  let list = try ClassList(jsonFile: folder.write(Array(json.utf8), to: "list.json"))
  #expect(list == (try ClassList(names: ["sky", "sea, water", "caf\u{E9} \u{1F600} \"q\" \\ / \t"])))
}

@Test("An argument is a file where one is there or it ends with .json, and a literal otherwise")
func argument() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(Array("[\"sky\", \"sea, water\"]".utf8), to: "classes, in; all")
  #expect(try ClassList(argument: path).classes.map(\.name) == ["sky", "sea, water"])
  #expect(try ClassList(argument: "sky; sea").classes.map(\.name) == ["sky", "sea"])
  #expect(try ClassList(argument: folder.path).classes.map(\.name) == [folder.path])
  let missing = #expect(throws: FormatError.self) { try ClassList(argument: folder.file("none.JSON")) }
  #expect(
    missing
      == FormatError(.cannotRead(reason: "No such file or directory"), path: folder.file("none.JSON")))
}

@Test(
  "Names that make no class list are refused",
  arguments: [
    ([], "the class list is empty"),
    (["a", ""], "class 1 has an empty name"),
    ([" \u{A0}\t"], "class 0 has an empty name"),
    (["a", "b, , c"], "class 1, \"b, , c\", has an empty synonym"),
    (["a", "b, "], "class 1, \"b,\", has an empty synonym"),
    ([", a"], "class 0, \", a\", has an empty synonym"),
    (["a", "b", "a"], "classes 0 and 2 are both \"a\""),
    (["Sky", "b", "sky "], "classes 0 and 2 are both \"sky\""),
  ])
func refusedNames(names: [String], fault: String) {
  let error = #expect(throws: FormatError.self) { try ClassList(names: names) }
  #expect(error == FormatError(.malformed(fault)))
}

@Test(
  "A literal that makes no class list is refused",
  arguments: [
    ("", "the class list is empty"),
    (" ", "the class list is empty"),
    (";", "class 0 has an empty name"),
    ("a;;b", "class 1 has an empty name"),
    ("a; b,,c", "class 1, \"b, , c\", has an empty synonym"),
    ("a, b; a,b; a, b", "classes 0 and 1 are both \"a, b\""),
  ])
func refusedLiteral(text: String, fault: String) {
  let error = #expect(throws: FormatError.self) { try ClassList(literal: text) }
  #expect(error == FormatError(.malformed(fault)))
}

/// A file that is no JSON array of strings, and where that shows.
struct MalformedList: Sendable {
  let bytes: [UInt8]
  let fault: String
  let byteOffset: Int

  init(_ text: String, _ fault: String, at byteOffset: Int) {
    self.init(Array(text.utf8), fault, at: byteOffset)
  }

  init(_ bytes: [UInt8], _ fault: String, at byteOffset: Int) {
    self.bytes = bytes
    self.fault = fault
    self.byteOffset = byteOffset
  }

  static let all = [
    MalformedList("", "expected a JSON array of strings, found the end", at: 0),
    MalformedList(" sky", "expected a JSON array of strings, found no JSON", at: 1),
    MalformedList("{\"a\": 1}", "expected a JSON array of strings, found an object", at: 0),
    MalformedList("\"a\"", "expected a JSON array of strings, found a string", at: 0),
    MalformedList("null", "expected a JSON array of strings, found null", at: 0),
    MalformedList("[\"a\", 1]", "element 1 of the array is a number, expected a string", at: 6),
    MalformedList("[true]", "element 0 of the array is true or false, expected a string", at: 1),
    MalformedList("[[[[[", "element 0 of the array is an array, expected a string", at: 1),
    MalformedList("[\"a\",]", "element 1 of the array is no JSON, expected a string", at: 5),
    MalformedList("[\"a\"", "expected a comma or the end of the array, found the end", at: 4),
    MalformedList("[\"a\" \"b\"]", "expected a comma or the end of the array, found a string", at: 5),
    MalformedList("[\"a\"] x", "something follows the array", at: 6),
    MalformedList("[\"a", "the string has no end", at: 3),
    MalformedList("[\"a\nb\"]", "a control character in a string, expected an escape", at: 3),
    MalformedList("[\"\\x\"]", "no such escape", at: 2),
    MalformedList("[\"a\\", "no such escape", at: 3),
    MalformedList("[\"\\u12\"]", "the escape is no Unicode character", at: 2),
    MalformedList("[\"\\u+123\"]", "the escape is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\"]", "the escape is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\\u0041\"]", "the escape is no Unicode character", at: 2),
    MalformedList("[\"\\ude00\"]", "the escape is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\\u", "the escape is no Unicode character", at: 2),
    MalformedList(Array("[\"a".utf8) + [0xFF] + Array("\"]".utf8), "the string is not UTF-8", at: 2),
    MalformedList(
      Array("[\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"]".utf8), "the string is not UTF-8", at: 2),
  ]
}

@Test("A file that is no JSON array of strings is refused, with the place", arguments: MalformedList.all)
func refusedFile(_ input: MalformedList) throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(input.bytes, to: "list.json")
  let expected = FormatError(.malformed(input.fault), path: path, byteOffset: input.byteOffset)
  let classes = #expect(throws: FormatError.self) { try ClassList(jsonFile: path) }
  #expect(classes == expected)
  let prompts = #expect(throws: FormatError.self) { try PromptTemplates(jsonFile: path) }
  #expect(prompts == expected)
}

@Test("A list file that is cut short is refused wherever it is cut")
func cutFile() throws {
  let folder = try TemporaryFolder()
  let bytes = Array("[\"sky\", \"sea \\u00e9\\ud83d\\ude00\\n\", \"caf\u{E9}\"]".utf8)
  #expect(try ClassList(jsonFile: folder.write(bytes, to: "whole.json")).classes.count == 3)
  for count in bytes.indices {
    let path = try folder.write(Array(bytes.prefix(count)), to: "\(count).json")
    #expect(throws: FormatError.self) { try ClassList(jsonFile: path) }
  }
}

@Test("A list file says which file it is when its names are at fault")
func refusedFileNames() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(Array("[]".utf8), to: "list.json")
  let error = #expect(throws: FormatError.self) { try ClassList(jsonFile: path) }
  #expect(error == FormatError(.malformed("the class list is empty"), path: path))
  #expect(error?.description == "\(path): is malformed: the class list is empty")
}

@Test("A file over 16 MiB is refused unread")
func tooLarge() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write([UInt8](repeating: 0x20, count: 16 << 20 + 1), to: "list.json")
  let error = #expect(throws: FormatError.self) { try ClassList(jsonFile: path) }
  #expect(error == FormatError(.malformed("16777217 bytes, expected at most 16777216"), path: path))
}
