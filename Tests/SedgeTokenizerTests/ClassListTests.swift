import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Test(
  "A literal is split at ; and line breaks into classes and at , into synonyms",
  arguments: [
    ("sky", ["sky"], [["sky"]]),
    ("a; b, synonym; c", ["a", "b, synonym", "c"], [["a"], ["b", "synonym"], ["c"]]),
    (
      " sea  horse ;\tfish,\u{3000}shark ", ["sea  horse", "fish, shark"],
      [["sea  horse"], ["fish", "shark"]]
    ),
    ("a;b,c,d;", ["a", "b, c, d"], [["a"], ["b", "c", "d"]]),
    ("sky\ntree\r\nroad;\n\n", ["sky", "tree", "road"], [["sky"], ["tree"], ["road"]]),
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
  let list = try ClassList(file: folder.write(Array(json.utf8), to: "list.json"))
  #expect(list == (try ClassList(names: ["sky", "sea, water", "caf\u{E9} \u{1F600} \"q\" \\ / \t"])))
}

@Test("A path that is a list's, or leads through a folder, is read; nothing else is")
func argument() throws {
  let folder = try TemporaryFolder()
  let json = try folder.write(Array("[\"sky\", \"sea, water\"]".utf8), to: "classes, in; all")
  #expect(try ClassList(argument: json).classes.map(\.name) == ["sky", "sea, water"])
  let lines = try folder.write(Array("sky\nsea\n".utf8), to: "list.txt")
  #expect(try ClassList(argument: " \(lines) ").classes.map(\.name) == ["sky", "sea"])
  #expect(try ClassList(argument: "sky; sea").classes.map(\.name) == ["sky", "sea"])
  #expect(try ClassList(argument: "tv/monitor").classes.map(\.name) == ["tv/monitor"])
  for missing in [folder.file("none.JSON"), folder.file("none.txt"), folder.file("none")] {
    let error = #expect(throws: FormatError.self) { try ClassList(argument: missing) }
    #expect(error == FormatError(.cannotRead(reason: "No such file or directory"), path: missing))
  }
  #expect(throws: FormatError.self) { try ClassList(argument: folder.path) }
  let absent = #expect(throws: FormatError.self) { try ClassList(argument: "no-such-list.txt") }
  #expect(absent == FormatError(.cannotRead(reason: "No such file or directory"), path: "no-such-list.txt"))
}

@Test(
  "JSON in place of classes is refused as JSON",
  arguments: ["[\"sky\", \"tree\"]", " ['sky']", "{\"0\": \"sky\"}"])
func literalJSON(text: String) throws {
  let error = #expect(throws: FormatError.self) { try ClassList(argument: text) }
  #expect(error?.kind == .malformed("the classes are JSON; put them into a file that ends with .json"))
  #expect(try ClassList(argument: "[parked] car; (standing) person").classes.count == 2)
}

@Test(
  "A text with a name a line is a list",
  arguments: [
    ("sky\ntree\n\nroad", ["sky", "tree", "road"]), ("sky\r\ntree\r\n", ["sky", "tree"]),
    ("\u{FEFF}sky\n  sea, water \n", ["sky", "sea, water"]),
    ("24 hour clock\nsky", ["24 hour clock", "sky"]),
    ("[\"sky\", \"tree\"]", ["sky", "tree"]),
  ])
func lines(text: String, names: [String]) throws {
  let folder = try TemporaryFolder()
  for file in ["list.txt", "obj.names", "list"] {
    #expect(try ClassList(file: folder.write(Array(text.utf8), to: file)).classes.map(\.name) == names)
  }
}

@Test(
  "A text that is no list of names is refused",
  arguments: [
    (
      "list.txt", "0: sky\n1: tree",
      "each line begins with a number; write a name a line, or a JSON array of names"
    ),
    (
      "list.txt", "1\tsky\n2\ttree",
      "each line begins with a number; write a name a line, or a JSON array of names"
    ),
    ("list.txt", "sky\t1\ntree\t2", "each line has columns; write a name a line, or a JSON array of names"),
    (
      "list.txt", "0 sky\n1 tree",
      "each line begins with a number; write a name a line, or a JSON array of names"
    ),
    (
      "list.txt", "n01440764 tench\nn01443537 goldfish",
      "each line begins with an identifier; write a name a line, or a JSON array of names"
    ),
    (
      "list.txt", "- sky\n- tree",
      "each line begins with a dash; write a name a line, or a JSON array of names"
    ),
    ("list.txt", "\"sky\"\n\"tree\"", "each line is quoted; write a name a line, or a JSON array of names"),
    (
      "list.txt", "sky; tree",
      "a line holds several classes, divided by ;; write a name a line, or a JSON array of names"
    ),
    (
      "list.txt", "CLASSES = ('sky', 'tree')",
      "the list is code or JSON; write a name a line, or a JSON array of names"
    ),
    ("list.txt", "# names\nsky", "a line is a comment; write a name a line, or a JSON array of names"),
    (
      "list.html", "<!DOCTYPE html><html></html>",
      "the file is a page or XML; write a name a line, or a JSON array of names"
    ),
    ("list.csv", "id,name\n0,sky", "the list is a table; write a name a line, or a JSON array of names"),
    ("list.yaml", "names:\n  - sky", "the list is YAML; write a name a line, or a JSON array of names"),
    ("list.txt", "sky\u{0}tree", "the file is no text"), ("list.txt", "\n \n", "the class list is empty"),
  ])
func refusedLines(file: String, text: String, fault: String) throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(Array(text.utf8), to: file)
  let error = #expect(throws: FormatError.self) { try ClassList(file: path) }
  #expect(error == FormatError(.malformed(fault), path: path))
}

@Test("A list in another encoding is refused by its name", arguments: ["list.json", "list.txt"])
func encodings(file: String) throws {
  let folder = try TemporaryFolder()
  let wide = Array("[\"sky\"]".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
  let path = try folder.write([0xFF, 0xFE] + wide, to: file)
  let error = #expect(throws: FormatError.self) { try ClassList(file: path) }
  #expect(error?.kind == .malformed("the text is UTF-16; save it as UTF-8"))
  let latin = #expect(throws: FormatError.self) {
    try ClassList(file: folder.write([0x63, 0x61, 0x66, 0xE9], to: "latin.txt"))
  }
  #expect(latin?.kind == .malformed("the text is not UTF-8"))
}

@Test("Ambiguous commas are reported")
func doubts() throws {
  let folder = try TemporaryFolder()
  #expect(try ClassList(literal: "sky,tree").doubts(of: "sky,tree").count == 1)
  #expect(try ClassList(literal: "sky, tree; road").doubts(of: "sky, tree; road").isEmpty)
  #expect(try ClassList(literal: "sky").doubts(of: "sky").isEmpty)
  let joined = try folder.write(Array("sky\nsea,water\n".utf8), to: "joined.txt")
  #expect(try ClassList(file: joined).doubts(of: joined).first?.hasPrefix("class \"sea,water\"") == true)
  let apart = try folder.write(Array("sky\nsea, water\n".utf8), to: "apart.txt")
  #expect(try ClassList(file: apart).doubts(of: apart).isEmpty)
}

@Test(
  "Labels need distinct names, a list does not: ImageNet's has equal ones",
  arguments: [
    (["a", "b", "a"], "classes 0 and 2 are both \"a\"; name each class differently"),
    (
      ["Sky", "b", "sky "],
      "classes 0 and 2, \"Sky\" and \"sky\", differ in case alone, which the model does not see; name each differently"
    ),
  ])
func equalNames(names: [String], fault: String) throws {
  let list = try ClassList(names: names)
  #expect(list.classes.count == 3)
  let error = #expect(throws: FormatError.self) { try list.checkDistinctNames() }
  #expect(error?.kind == .malformed(fault))
  try ClassList(names: ["a", "b"]).checkDistinctNames()
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
    MalformedList(
      "[\"a\",]", "a comma comes before the end of the array", at: 5),
    MalformedList(
      "['a']", "element 0 of the array is a single quote, where JSON has double quotes, expected a string",
      at: 1),
    MalformedList(
      "// list\n[]", "expected a JSON array of strings, found a comment, which JSON does not have", at: 0),
    MalformedList("[\"a\"", "expected a comma or the end of the array, found the end", at: 4),
    MalformedList("[\"a\" \"b\"]", "expected a comma or the end of the array, found a string", at: 5),
    MalformedList("[\"a\"] x", "expected the end of the text, found no JSON", at: 6),
    MalformedList("[\"a", "the text ends within a string", at: 3),
    MalformedList("[\"a\nb\"]", "a string has a control character, expected an escape", at: 3),
    MalformedList("[\"\\x\"]", "a string has an escape that JSON does not have", at: 2),
    MalformedList("[\"a\\", "the text ends within a string", at: 3),
    MalformedList("[\"\\u12\"]", "an escape in a string is no Unicode character", at: 2),
    MalformedList("[\"\\u+123\"]", "an escape in a string is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\"]", "an escape in a string is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\\u0041\"]", "an escape in a string is no Unicode character", at: 2),
    MalformedList("[\"\\ude00\"]", "an escape in a string is no Unicode character", at: 2),
    MalformedList("[\"\\ud83d\\u", "an escape in a string is no Unicode character", at: 2),
    MalformedList(Array("[\"a".utf8) + [0xFF] + Array("\"]".utf8), "the text is not UTF-8", at: 3),
    MalformedList(
      Array("[\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"]".utf8), "the text is not UTF-8", at: 2),
  ]
}

@Test("A file that is no JSON array of strings is refused, with the place", arguments: MalformedList.all)
func refusedFile(_ input: MalformedList) throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(input.bytes, to: "list.json")
  let expected = FormatError(.malformed(input.fault), path: path, byteOffset: input.byteOffset)
  let classes = #expect(throws: FormatError.self) { try ClassList(file: path) }
  #expect(classes == expected)
  let prompts = #expect(throws: FormatError.self) { try PromptTemplates(jsonFile: path) }
  #expect(prompts == expected)
}

@Test("A list file that is cut short is refused wherever it is cut")
func cutFile() throws {
  let folder = try TemporaryFolder()
  let bytes = Array("[\"sky\", \"sea \\u00e9\\ud83d\\ude00\\n\", \"caf\u{E9}\"]".utf8)
  #expect(try ClassList(file: folder.write(bytes, to: "whole.json")).classes.count == 3)
  for count in bytes.indices {
    let path = try folder.write(Array(bytes.prefix(count)), to: "\(count).json")
    #expect(throws: FormatError.self) { try ClassList(file: path) }
  }
}

@Test("An error in a list's names has the path of the file")
func refusedFileNames() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(Array("[]".utf8), to: "list.json")
  let error = #expect(throws: FormatError.self) { try ClassList(file: path) }
  #expect(error == FormatError(.malformed("the class list is empty"), path: path))
  #expect(error?.description == "\(path): is malformed: the class list is empty")
}

@Test("A file over 16 MiB is refused unread")
func tooLarge() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write([UInt8](repeating: 0x20, count: 16 << 20 + 1), to: "list.json")
  let error = #expect(throws: FormatError.self) { try ClassList(file: path) }
  #expect(error == FormatError(.malformed("16777217 bytes, expected at most 16777216"), path: path))
}
