// The classes that an image is segmented into, by name.

public import SedgeTensor

/// Classes in the order of their labels, none without a name.
///
/// The names alone make the same list again: `ClassList(names: list.classes.map(\.name)) == list`.
public struct ClassList: Sendable, Hashable {
  /// The classes; the index is the label.
  public let classes: [ClassName]

  /// Takes names as in SED's lists, synonyms separated by ", "; the names stay as written.
  ///
  /// - Throws: `FormatError` naming the class, counted from 0: no classes at all, an empty name, an empty synonym.
  public init(names: [String]) throws(FormatError) {
    guard !names.isEmpty else { throw FormatError(.malformed("the class list is empty")) }
    classes = names.map(ClassName.init)
    for (label, item) in classes.enumerated() {
      let name = trimmed(item.name)
      guard !name.isEmpty else { throw FormatError(.malformed("class \(label) has an empty name")) }
      guard !item.synonyms.contains("") else {
        throw FormatError(.malformed("class \(label), \"\(name)\", has an empty synonym"))
      }
    }
  }

  /// Makes sure that no two classes have the same name but for case.
  ///
  /// Labels of a segmentation need it. Classification does not: of equal names, such as ImageNet's two `crane`s, each has its
  /// share of the probability, as in OpenCLIP.
  ///
  /// - Throws: `FormatError` with the two classes, counted from 0.
  public func checkDistinctNames() throws(FormatError) {
    var labels: [String: Int] = [:]
    for (label, item) in classes.enumerated() {
      let name = trimmed(item.name)
      if let earlier = labels.updateValue(label, forKey: name.lowercased()) {
        let other = trimmed(classes[earlier].name)
        throw FormatError(
          .malformed(
            other == name
              ? "classes \(earlier) and \(label) are both \"\(name)\"; name each class differently"
              : "classes \(earlier) and \(label), \"\(other)\" and \"\(name)\", differ in case alone, which the model does not see; name each differently"
          ))
      }
    }
  }

  /// Reads a file of names: a JSON array where its name ends with `.json`, else a text with a name a line.
  ///
  /// Blank lines of a text are ignored; numbered lines, tables and YAML are refused.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is over 16 MiB, is not in UTF-8, is no such list, or where its
  ///   names are no class list.
  public init(file path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      let bytes = try smallFile(path)
      let isJSON = path.lowercased().hasSuffix(".json") || NameLines.looksLikeJSON(bytes)
      return try ClassList(
        names: isJSON ? JSONReader.strings(in: bytes) : NameLines.names(in: bytes, path: path))
    }
  }

  /// Reads a JSON array of names.
  ///
  /// - Throws: `FormatError` where the text is no such array, or its names are no class list.
  package init(json bytes: [UInt8]) throws(FormatError) {
    try self.init(names: JSONReader.strings(in: bytes))
  }

  /// Takes names as on a command line: ";" or a line break between classes, "," between synonyms, blanks around them of no
  /// account.
  ///
  /// - Throws: `FormatError` as ``init(names:)``. One ";" behind the last class is allowed.
  public init(literal text: String) throws(FormatError) {
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    let names = lines.flatMap { line in
      var names = pieces(of: line, separator: ";").map(trimmed)
      if names.last == "" { names.removeLast() }
      return names
    }
    try self.init(
      names: names.map { pieces(of: $0, separator: ",").map(trimmed).joined(separator: ", ") })
  }

  /// Takes the path of a list, or else a literal; see ``ClassListArgument``.
  ///
  /// - Throws: `FormatError` as ``init(file:)`` and ``init(literal:)``.
  public init(argument: String) throws(FormatError) {
    switch ClassListArgument(argument) {
    case .file(let path): try self.init(file: path)
    case .literal(let text):
      if ["[\"", "['", "{"].contains(where: trimmed(text).hasPrefix) {
        throw FormatError(.malformed("the classes are JSON; put them into a file that ends with .json"))
      }
      try self.init(literal: text)
    }
  }

  /// Names that are possibly mistaken, each with the reason: commas that join synonyms, or do not.
  ///
  /// - Parameter argument: The argument that the list was made from.
  public func doubts(of argument: String) -> [String] {
    switch ClassListArgument(argument) {
    case .file:
      let joined = classes.filter { item in item.synonyms.contains { $0.contains(",") } }
      guard let first = joined.first else { return [] }
      return [
        "\(joined.count == 1 ? "class" : "\(joined.count) classes such as") \"\(first.name)\": a comma without a blank "
          + "behind it separates no synonyms; write \", \" between synonyms"
      ]
    case .literal:
      guard classes.count == 1, classes[0].synonyms.count > 1 else { return [] }
      return [
        "one class of \(classes[0].synonyms.count) synonyms, \(classes[0].name): a comma separates synonyms, a "
          + "semicolon classes"
      ]
    }
  }
}
