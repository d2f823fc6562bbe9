// The classes that an image is segmented into, by name.

public import SedgeTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One class and what it is called.
public struct ClassName: Sendable, Hashable {
  /// The name in the form of SED's lists, synonyms and all: "sea, water".
  public let name: String
  /// The names that are encoded, at least one; their unit vectors are averaged.
  public let synonyms: [String]

  /// Splits a name at each comma with a space behind it; blanks around a synonym are left out.
  fileprivate init(_ name: String) {
    self.name = name
    synonyms = pieces(of: name, separator: ", ").map(trimmed)
  }
}

/// Classes in the order of their labels, no two alike and none without a name.
///
/// The names alone make the same list again: `ClassList(names: list.classes.map(\.name)) == list`.
public struct ClassList: Sendable, Hashable {
  /// The classes; the index is the label.
  public let classes: [ClassName]

  /// Takes names as in SED's lists, synonyms separated by ", "; the names stay as written.
  ///
  /// - Throws: `FormatError` naming the class, counted from 0: no classes at all, an empty name, an empty synonym, two
  ///   classes of the same name but for case.
  public init(names: [String]) throws(FormatError) {
    guard !names.isEmpty else { throw FormatError(.malformed("the class list is empty")) }
    classes = names.map(ClassName.init)
    var labels: [String: Int] = [:]
    for (label, item) in classes.enumerated() {
      let name = trimmed(item.name)
      guard !name.isEmpty else { throw FormatError(.malformed("class \(label) has an empty name")) }
      guard !item.synonyms.contains("") else {
        throw FormatError(.malformed("class \(label), \"\(name)\", has an empty synonym"))
      }
      if let earlier = labels.updateValue(label, forKey: name.lowercased()) {
        throw FormatError(.malformed("classes \(earlier) and \(label) are both \"\(name)\""))
      }
    }
  }

  /// Reads a JSON array of names as in ``init(names:)``.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is over 16 MiB, is no JSON array of strings, or where its
  ///   names are no class list.
  public init(jsonFile path: String) throws(FormatError) {
    do {
      try self.init(names: JSONStringList.strings(in: smallFile(path)))
    } catch {
      var error = error
      error.path = path
      throw error
    }
  }

  /// Takes names as on a command line: ";" between classes, "," between synonyms, blanks around them of no account.
  ///
  /// - Throws: `FormatError` as ``init(names:)``. One ";" behind the last class is allowed.
  public init(literal text: String) throws(FormatError) {
    var names = pieces(of: text, separator: ";").map(trimmed)
    if names.last == "" { names.removeLast() }
    try self.init(
      names: names.map { pieces(of: $0, separator: ",").map(trimmed).joined(separator: ", ") })
  }

  /// Takes a file's path, where it ends with ".json" or a file is there, or else a literal.
  ///
  /// - Throws: `FormatError` as ``init(jsonFile:)`` and ``init(literal:)``.
  public init(argument: String) throws(FormatError) {
    if argument.lowercased().hasSuffix(".json") || isFile(argument) {
      try self.init(jsonFile: argument)
    } else {
      try self.init(literal: argument)
    }
  }
}

/// Whether a regular file is there (`stat`), or a link to one.
private func isFile(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// A text without the blanks at its ends.
private func trimmed(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let first = scalars.firstIndex(where: { !$0.isBlank }),
    let last = scalars.lastIndex(where: { !$0.isBlank })
  else { return "" }
  return String(scalars[first...last])
}

/// What stands between separators, scalar by scalar.
private func pieces(of text: String, separator: String) -> [String] {
  var pieces: [String] = []
  var rest = Array(text.utf8)[...]
  let separator = Array(separator.utf8)
  var start = rest.startIndex
  var index = start
  while index + separator.count <= rest.endIndex {
    if rest[index...].starts(with: separator) {
      pieces.append(String(decoding: rest[start..<index], as: UTF8.self))
      index += separator.count
      start = index
    } else {
      index += 1
    }
  }
  rest = rest[start...]
  return pieces + [String(decoding: rest, as: UTF8.self)]
}
