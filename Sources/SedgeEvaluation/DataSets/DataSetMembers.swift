// The members of set.json, each checked by itself.

import SedgeArchitecture
import SedgeTensor
import SedgeTokenizer

/// The members of a `set.json`, as they are written.
struct DataSetMembers {
  /// What stands for the classes.
  enum Classes {
    case path(String)
    case list(ClassList)
  }

  private(set) var name: String?
  private(set) var images = ""
  private(set) var labels = ""
  private(set) var imageEndings: [String] = []
  private(set) var labelEndings: [String] = []
  private(set) var classes = Classes.path("")
  private(set) var ignoredValues: [Int]?
  private(set) var labelOffset = 0
  private(set) var labelReplacements: [LabelCoding.Replacement] = []
  private(set) var predictionEntries: [PredictionMap.Entry] = []
  private(set) var groups: [(name: String, members: [ClassGroup.Member])] = []
  private(set) var resizing: String?

  private static let required = ["format", "version", "images", "labels", "classes"]
  private static let optional = [
    "name", "image_endings", "label_endings", "ignore_label", "label_offset", "label_map", "prediction_map",
    "groups", "preprocess",
  ]

  /// Reads the text of a description.
  ///
  /// - Throws: ``FormatError`` for the first fault, with the member.
  init(_ bytes: [UInt8]) throws(FormatError) {
    var reader = try JSONReader(bytes, part: "the data set", skipsByteOrderMark: true)
    let found = try reader.distinctMembers { reader, key throws(FormatError) in
      try readMember(key, &reader)
    }
    if let missing = Self.required.first(where: { !found.contains($0) }) {
      throw FormatError(.malformed("\"\(missing)\": is missing, expected \(Self.expected(missing))"))
    }
    try reader.end()
  }

  /// What a required member holds, for errors.
  private static func expected(_ key: String) -> String {
    switch key {
    case "format": "\"\(DataSetDescription.formatName)\""
    case "version": "\(DataSetDescription.formatVersion)"
    case "classes": "a path or an array of names"
    default: "a folder"
    }
  }

  private mutating func readMember(_ key: String, _ reader: inout JSONReader) throws(FormatError) {
    switch key {
    case "format": try reader.requireText([DataSetDescription.formatName])
    case "version": try Self.checkVersion(reader.requireInteger(from: 1))
    case "name": name = try reader.requireText()
    case "images": images = try reader.requireText()
    case "labels": labels = try reader.requireText()
    case "image_endings": imageEndings = try Self.endings(&reader)
    case "label_endings": labelEndings = try Self.endings(&reader)
    case "classes": classes = try Self.classes(&reader)
    case "ignore_label":
      ignoredValues =
        reader.isNext("[")
        ? try reader.elements("an integer or an array of them") { reader throws(FormatError) in
          try reader.requireInteger()
        } : [try reader.requireInteger(or: " or an array of them")]
    case "label_offset": labelOffset = try reader.requireInteger()
    case "label_map": labelReplacements = try Self.replacements(&reader)
    case "prediction_map":
      predictionEntries = try reader.elements("an array of ranges") { reader throws(FormatError) in
        try Self.entry(&reader)
      }
    case "groups": groups = try Self.groups(&reader)
    case "preprocess": resizing = try reader.requireText(DataSetDescription.resizings)
    default: throw reader.unknownMember(expected: Self.required + Self.optional, key)
    }
  }

  private static func checkVersion(_ version: Int) throws(FormatError) {
    guard version <= DataSetDescription.formatVersion else {
      throw FormatError(.newerVersion(found: version, supported: DataSetDescription.formatVersion))
    }
  }

  private static func endings(_ reader: inout JSONReader) throws(FormatError) -> [String] {
    let endings = try reader.elements("an array of endings such as \"png\"") {
      reader throws(FormatError) in
      let ending = try reader.requireText()
      guard !ending.contains(".") else {
        throw reader.fault("expected an ending without its dot, found \"\(ending)\"")
      }
      return ending.lowercased()
    }
    guard !endings.isEmpty else { throw reader.fault("expected at least one ending, found none") }
    return endings
  }

  private static func classes(_ reader: inout JSONReader) throws(FormatError) -> Classes {
    if reader.isNext("\"") { return .path(try reader.requireText()) }
    let names = try reader.elements("a path or an array of names") { reader throws(FormatError) in
      try reader.requireText()
    }
    return .list(try ClassList(names: names))
  }

  private static func replacements(
    _ reader: inout JSONReader
  ) throws(FormatError) -> [LabelCoding.Replacement] {
    var replacements: [LabelCoding.Replacement] = []
    try reader.distinctMembers("an object of values and classes") { reader, key throws(FormatError) in
      guard let value = Int(key), String(value) == key else {
        throw reader.fault("expected an integer in quotes as the value, found \"\(key)\"")
      }
      let label = reader.skipNull() ? nil : try reader.requireInteger(from: 0, or: " or null")
      replacements.append(LabelCoding.Replacement(value: value, label: label))
    }
    return replacements
  }

  private static func entry(_ reader: inout JSONReader) throws(FormatError) -> PredictionMap.Entry {
    var (numbers, name): ([String: Int], String?) = ([:], nil)
    let keys = ["first", "last", "class"]
    try reader.distinctMembers("a range such as {\"first\": 20, \"last\": 58, \"class\": 20}") {
      reader, key throws(FormatError) in
      switch key {
      case "name": name = try reader.requireText()
      case _ where keys.contains(key): numbers[key] = try reader.requireInteger(from: 0)
      default: throw reader.unknownMember(expected: keys + ["name"], key)
      }
    }
    guard let first = numbers["first"], let last = numbers["last"], let label = numbers["class"] else {
      let missing = keys.first { numbers[$0] == nil } ?? ""
      throw reader.fault("\"\(missing)\": is missing, expected an integer")
    }
    return PredictionMap.Entry(first: first, last: last, label: label, name: name)
  }

  private static func groups(
    _ reader: inout JSONReader
  ) throws(FormatError) -> [(name: String, members: [ClassGroup.Member])] {
    var groups: [(name: String, members: [ClassGroup.Member])] = []
    try reader.distinctMembers("an object of groups") { reader, key throws(FormatError) in
      let members = try reader.elements("an array of names or indices of classes") {
        reader throws(FormatError) -> ClassGroup.Member in
        if reader.isNext("\"") { return .name(try reader.requireText()) }
        return .index(try reader.requireInteger(from: 0, or: " or a name"))
      }
      guard !members.isEmpty else { throw reader.fault("expected at least one class, found none") }
      groups.append((key, members))
    }
    return groups
  }
}
