// The settings in a YAML file, as far as configurations of detectron2 go.

import SedgeTensor

/// Scalars and lists of numbers of block mappings, by dotted keys.
///
/// Read are block mappings, block lists, flow lists of scalars, plain and quoted scalars, comments, and Python tuples in
/// parentheses. Values of any other form are passed over; nothing is expanded, so that a file takes no more than its size.
package struct FlatYAML {
  private(set) var values: [String: String] = [:]
  /// The open mappings, outermost first: the column of their keys, and the key that is being read.
  private var levels: [(column: Int, key: String)] = []
  /// Elements of block lists by the key that they belong to.
  private var lists: [String: [String]] = [:]

  /// How deep configurations nest, at most.
  private static let maximumDepth = 16
  /// The longest list of numbers that is one setting.
  private static let maximumListCount = 16

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` (without a path) where it is not UTF-8, is indented with tabs, is a flow mapping, or has no key at all.
  init(_ bytes: [UInt8]) throws(FormatError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.malformed("it is not UTF-8"))
    }
    if text.hasEndlessMarks { throw FormatError(.endlessMarks("it")) }
    var keyCount = 0
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let content = Self.withoutComment(line)
      let column = content.prefix { $0 == " " }.count
      let rest = content.dropFirst(column)
      guard !rest.isEmpty, rest != "---", rest != "..." else { continue }
      guard rest.first != "\t" else {
        throw FormatError(.malformed("line \(index + 1) is indented with a tab, which YAML does not allow"))
      }
      guard rest.first != "{" || column > 0 else {
        throw FormatError(.malformed("it is in YAML's flow style, expected the block style of detectron2"))
      }
      if rest == "-" || rest.hasPrefix("- ") {
        addElement(String(rest.dropFirst().drop { $0 == " " }), column: column)
      } else if let (key, value) = Self.entry(rest) {
        keyCount += 1
        add(key, value, column: column)
      }
    }
    guard keyCount > 0 else { throw FormatError(.malformed("it has no line of the form KEY: VALUE")) }
    for (key, elements) in lists where elements.count <= Self.maximumListCount {
      if elements.allSatisfy({ Double($0) != nil }) { values[key] = "[\(elements.joined(separator: ", "))]" }
    }
  }

  private mutating func add(_ key: String, _ value: String, column: Int) {
    while let last = levels.last, last.column >= column { levels.removeLast() }
    guard levels.count < Self.maximumDepth, values.count < StoredAttributes.maximumCount else { return }
    levels.append((column, key))
    guard !value.isEmpty, !["|", ">", "&", "*", "!", "{"].contains(value.first) else { return }
    let path = levels.map(\.key).joined(separator: ".")
    values[path] = Self.scalar(value)
  }

  private mutating func addElement(_ text: String, column: Int) {
    // A list may stand in the column of its key.
    while let last = levels.last, last.column > column { levels.removeLast() }
    let path = levels.map(\.key).joined(separator: ".")
    guard !levels.isEmpty, values[path] == nil, lists.count < StoredAttributes.maximumCount,
      lists[path, default: []].count <= Self.maximumListCount
    else { return }
    lists[path, default: []].append(Self.scalar(text))
  }

  /// A key and what stands behind its colon.
  private static func entry(_ line: Substring) -> (key: String, value: String)? {
    guard
      let colon = line.indices.first(where: { index in
        guard line[index] == ":" else { return false }
        let next = line.index(after: index)
        return next == line.endIndex || line[next] == " "
      })
    else { return nil }
    let key = scalar(String(line[..<colon]))
    let value = line[line.index(after: colon)...].drop { $0 == " " }
    return key.isEmpty || key.contains(" ") ? nil : (key, String(value))
  }

  private static func scalar(_ text: String) -> String {
    var text = text[...]
    while text.last == " " || text.last == "\r" { text.removeLast() }
    guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }

  /// A line up to a `#` that stands at its beginning or behind a space, and outside of quotes.
  private static func withoutComment(_ line: Substring) -> Substring {
    var quote: Character?
    var before: Character = " "
    for index in line.indices {
      let character = line[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "#", before == " " {
        return trimmed(line[..<index])
      } else if character == "\"" || character == "'", before == " " || before == "[" || before == "," {
        quote = character
      }
      before = character
    }
    return trimmed(line)
  }

  private static func trimmed(_ line: Substring) -> Substring {
    var line = line
    while line.last == " " || line.last == "\r" { line.removeLast() }
    return line
  }
}
