// set.json is read strictly: each fault is one error that names the member, what was expected and what was found.

import Foundation
import SedgeEvaluation
import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Suite("Descriptions of data sets")
struct DataSetDescriptionTests {
  private static let base: [(key: String, value: String)] = [
    ("format", #""sedge data set""#), ("version", "1"), ("images", #""pictures""#), ("labels", #""truth""#),
    ("classes", #"["sky", "tree, pine", "red circle"]"#),
  ]

  /// A description with members in place of, or beside, those that are required.
  private static func text(_ members: [(String, String)], without missing: String = "") -> String {
    let kept = base.filter { item in item.key != missing && !members.contains { $0.0 == item.key } }
    return "{" + (kept + members).map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
  }

  private static func read(_ text: String) throws -> DataSetDescription {
    let folder = try TemporaryFolder()
    return try DataSetDescription(path: try folder.write(Array(text.utf8), to: "set.json"))
  }

  @Test("Members that are left out have their defaults")
  func defaults() throws {
    let set = try Self.read(Self.text([]))
    #expect(set.name == "set")
    #expect((set.images, set.labels) == ("pictures", "truth"))
    #expect(set.imageEndings == [] && set.labelEndings == [])
    #expect(set.countedClassNames == ["sky", "tree, pine", "red circle"])
    #expect(set.labelCoding == LabelCoding(classCount: 3))
    #expect(set.predictionMap.classOfPrediction == [0, 1, 2])
    #expect(set.groups == [])
    #expect(set.resizing == "sed")
  }

  @Test("Every member is read")
  func members() throws {
    let set = try Self.read(
      Self.text([
        ("name", #""Shapes""#), ("image_endings", #"["JPG", "png"]"#), ("label_endings", #"["tif"]"#),
        ("ignore_label", "[0, 254]"), ("label_offset", "-1"), ("label_map", #"{"7": 1, "8": null, "-1": 0}"#),
        ("prediction_map", #"[{"first": 1, "last": 2, "class": 1, "name": "other"}]"#),
        ("groups", #"{"unseen": ["Other"], "all": [1, 0]}"#), ("preprocess", #""square""#),
      ]))
    #expect(set.name == "Shapes")
    #expect(set.imageEndings == ["jpg", "png"] && set.labelEndings == ["tif"])
    #expect(set.countedClassNames == ["sky", "other"])
    #expect(set.predictionMap.classOfPrediction == [0, 1, 1])
    #expect(
      set.labelCoding
        == LabelCoding(
          classCount: 2, ignoredValues: [0, 254], offset: -1,
          replacements: [
            .init(value: -1, label: 0), .init(value: 7, label: 1), .init(value: 8, label: nil),
          ]))
    #expect(set.groups.map(\.name) == ["unseen", "all"])
    #expect(set.groups.map(\.classes) == [[1], [0, 1]])
    #expect(set.resizing == "square")
  }

  @Test("A class list in a file is found beside the description")
  func classFile() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("sky\ngrass\n".utf8), to: "names.txt")
    let path = try folder.write(
      Array(Self.text([("classes", #""names.txt""#)]).utf8), to: "shapes.json")
    let set = try DataSetDescription(path: path)
    #expect(set.countedClassNames == ["sky", "grass"])
    #expect(set.name == "shapes")
  }

  struct Fault: Sendable {
    var text: String
    var words: String
  }

  static let faults: [Fault] = [
    Fault(text: "[]", words: "expected an object, found an array"),
    Fault(text: "{", words: "expected a string in the data set, found the end"),
    Fault(text: text([]) + " 1", words: "expected the end of the data set, found a number"),
    Fault(text: text([], without: "format"), words: #""format": is missing, expected "sedge data set""#),
    Fault(text: text([], without: "version"), words: #""version": is missing, expected 1"#),
    Fault(text: text([], without: "labels"), words: #""labels": is missing, expected a folder"#),
    Fault(
      text: text([], without: "classes"),
      words: #""classes": is missing, expected a path or an array of names"#),
    Fault(
      text: text([("format", #""coco""#)]), words: #""format": expected "sedge data set", found "coco""#),
    Fault(text: text([("version", #""1""#)]), words: #""version": expected an integer, found a string"#),
    Fault(
      text: text([("version", "0")]), words: #""version": expected an integer from 1 to 2147483647, found 0"#),
    Fault(text: text([("images", "3")]), words: #""images": expected a string, found a number"#),
    Fault(text: text([("labels", #""""#)]), words: #""labels": expected a string, found an empty string"#),
    Fault(
      text: text([("classes", "true")]),
      words: #""classes": expected a path or an array of names, found true or false"#),
    Fault(text: text([("classes", #"["sky", 1]"#)]), words: #""classes": expected a string, found a number"#),
    Fault(text: text([("classes", "[]")]), words: #""classes": the class list is empty"#),
    Fault(
      text: text([("classes", #"["sky", "sky"]"#)]), words: #""classes": classes 0 and 1 are both "sky""#),
    Fault(
      text: text([("lables", #""x""#)]), words: #""lables": is unknown, expected one of format, version"#),
    Fault(text: text([("lables", #""x""#)]), words: "did you mean labels?"),
    Fault(text: text([("name", #""a", "name": "b""#)]), words: #""name": is there twice, expected once"#),
    Fault(
      text: text([("image_endings", #""jpg""#)]),
      words: #""image_endings": expected an array of endings such as "png", found a string"#),
    Fault(
      text: text([("label_endings", #"[".png"]"#)]),
      words: #""label_endings": expected an ending without its dot, found ".png""#),
    Fault(
      text: text([("label_endings", "[]")]),
      words: #""label_endings": expected at least one ending, found none"#),
    Fault(
      text: text([("ignore_label", #""255""#)]),
      words: #""ignore_label": expected an integer or an array of them, found a string"#),
    Fault(
      text: text([("label_offset", "1.5")]), words: #""label_offset": expected an integer, found a fraction"#),
    Fault(
      text: text([("label_offset", "null")]), words: #""label_offset": expected an integer, found null"#),
    Fault(
      text: text([("label_offset", "3000000000")]),
      words: #""label_offset": expected an integer from -2147483648 to 2147483647, found 3000000000"#),
    Fault(
      text: text([("label_map", "[1]")]),
      words: #""label_map": expected an object of values and classes, found an array"#),
    Fault(
      text: text([("label_map", #"{"07": 1}"#)]),
      words: #""label_map": "07": expected an integer in quotes as the value, found "07""#),
    Fault(
      text: text([("label_map", #"{"7": -1}"#)]),
      words: #""label_map": "7": expected an integer or null from 0 to 2147483647, found -1"#),
    Fault(
      text: text([("label_map", #"{"7": 3}"#)]),
      words: #""label_map": 7: expected a class from 0 to 2 or null, found 3"#),
    Fault(
      text: text([("prediction_map", "{}")]),
      words: #""prediction_map": expected an array of ranges, found an object"#),
    Fault(
      text: text([("prediction_map", #"[{"first": 1, "class": 1}]"#)]),
      words: #""prediction_map": "last": is missing, expected an integer"#),
    Fault(
      text: text([("prediction_map", #"[{"first": 1, "last": 3, "class": 1}]"#)]),
      words: #""prediction_map": range 0: expected classes from 0 to 2, found 1 to 3"#),
    Fault(
      text: text([
        ("prediction_map", #"[{"first": 0, "last": 1, "class": 0}, {"first": 1, "last": 2, "class": 1}]"#)
      ]), words: #""prediction_map": class 1 is in two ranges"#),
    Fault(
      text: text([("prediction_map", #"[{"first": 1, "last": 2, "class": 1, "name": "sky"}]"#)]),
      words: #""prediction_map": classes 0 and 1 are both counted as sky"#),
    Fault(
      text: text([("prediction_map", #"[{"first": 0, "last": 2, "class": 1}]"#)]),
      words: #""prediction_map": no predicted class counts as 0, but some count as 1"#),
    Fault(
      text: text([("prediction_map", #"[{"begin": 0}]"#)]),
      words: #""prediction_map": "begin": is unknown, expected one of first, last, class, name"#),
    Fault(
      text: text([("groups", #"{"unseen": ["tre, pine"]}"#)]),
      words: #""groups": the group unseen has tre, pine, which is no class; did you mean tree, pine?"#),
    Fault(
      text: text([("groups", #"{"unseen": [3]}"#)]),
      words: #""groups": the group unseen has class 3, which is no class"#),
    Fault(
      text: text([("groups", #"{"unseen": []}"#)]),
      words: #""groups": "unseen": expected at least one class, found none"#),
    Fault(
      text: text([("preprocess", #""crop""#)]),
      words: #""preprocess": expected "sed" or "square" or "windows" or "cat-seg", found "crop""#),
  ]

  @Test(
    "A malformed description is refused with the member, what was expected and what was found",
    arguments: faults)
  func refuses(_ fault: Fault) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(fault.text.utf8), to: "set.json")
    let error = try #require(throws: FormatError.self) { _ = try DataSetDescription(path: path) }
    #expect(error.path == path)
    #expect(error.description.contains(fault.words), "\(error.description)")
  }

  @Test("A description of a later version is refused as such")
  func refusesNewer() throws {
    let error = try #require(throws: FormatError.self) { _ = try Self.read(Self.text([("version", "2")])) }
    #expect(error.kind == .newerVersion(found: 2, supported: 1))
  }

  @Test("A class list that is missing is named by its own path")
  func refusesMissingList() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array(Self.text([("classes", #""names.json""#)]).utf8), to: "set.json")
    let error = try #require(throws: FormatError.self) { _ = try DataSetDescription(path: path) }
    #expect(error.path == folder.file("names.json"))
  }

  // Counts and values of SED's published evaluation.
  static let shipped: [(name: String, title: String, asked: Int, counted: Int, ignored: Int, label: String)] =
    [
      ("ade150", "A-150", 150, 150, 255, "png"), ("ade847", "A-847", 847, 847, 65535, "tif"),
      ("pc59", "PC-59", 59, 59, 255, "png"), ("pc459", "PC-459", 459, 459, 459, "tif"),
      ("voc20", "PAS-20", 20, 20, 255, "png"), ("voc20b", "PAS-20b", 59, 21, 255, "png"),
      ("coco", "COCO-Stuff 171", 171, 171, 255, "png"),
    ]

  @Test("The published data sets are part of the program", arguments: shipped)
  func ships(name: String, title: String, asked: Int, counted: Int, ignored: Int, label: String) throws {
    let set = try DataSetDescription(argument: name)
    #expect(set.name == title)
    #expect(set.classes.classes.count == asked)
    #expect(set.countedClassNames.count == counted)
    #expect(set.labelCoding.ignoredValues == [ignored])
    #expect(set.imageEndings == ["jpg"] && set.labelEndings == [label])
    #expect(set.resizing == "sed")
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/CDataSets/data/sets")
    var file = try DataSetDescription(path: folder.appendingPathComponent("\(name).json").path)
    file.folder = set.folder
    #expect(file == set, "the file in the repository is not what the program has")
  }

  @Test("The names of the published data sets are listed, and PAS-20b has a background")
  func names() throws {
    #expect(DataSetDescription.shippedNames == Self.shipped.map(\.name))
    let set = try DataSetDescription(argument: "voc20b")
    #expect(set.countedClassNames[19...] == ["tvmonitor", "background"])
    #expect(set.predictionMap.classOfPrediction == (0..<59).map { min($0, 20) })
  }

  @Test("A data set that is neither published nor a file is refused with the nearest")
  func refusesUnknown() throws {
    let error = try #require(throws: FormatError.self) { _ = try DataSetDescription(argument: "ade105") }
    #expect(error.description.contains("did you mean ade150?"), "\(error.description)")
  }
}
