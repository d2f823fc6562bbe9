// Command lines that can be pasted.

/// Words as a shell reads them.
enum Shell {
  /// The characters of a line, which fit beside the button of a card.
  private static let width = 52

  /// A word that a shell takes as it is; the value of an option is quoted apart, as in `--tensor='^x$=int8'`.
  static func quoted(_ word: String) -> String {
    if !word.isEmpty, word.allSatisfy(isPlain) { return word }
    if let equals = word.firstIndex(of: "="), word.hasPrefix("--"), word[..<equals].allSatisfy(isPlain) {
      let value = word[word.index(after: equals)...]
      return value.allSatisfy(isPlain)
        ? word : word[...equals] + "'" + value.replacing("'", with: "'\\''") + "'"
    }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-_./:@%+,".contains(character))
  }

  /// A command on lines that a backslash continues; an option and its value stay together.
  static func lines(_ words: [String]) -> [String] {
    var groups: [String] = []
    for word in words {
      if word.hasPrefix("-") || groups.isEmpty {
        groups.append(quoted(word))
      } else {
        groups[groups.count - 1] += " " + quoted(word)
      }
    }
    var lines: [String] = []
    for group in groups {
      if let last = lines.last, last.count + group.count + 1 <= width {
        lines[lines.count - 1] += " " + group
      } else {
        lines.append((lines.isEmpty ? "" : "    ") + group)
      }
    }
    return continued(lines)
  }

  /// Lines of one command, each but the last with a backslash.
  static func continued(_ lines: [String]) -> [String] {
    lines.dropLast().map { $0 + " \\" } + lines.suffix(1)
  }

  /// The values of an option, whether `--name value` or `--name=value`.
  static func values(of option: String, in words: [String]) -> [String] {
    words.indices.compactMap { index in
      if words[index] == option { return words.indices.contains(index + 1) ? words[index + 1] : nil }
      return words[index].hasPrefix(option + "=") ? String(words[index].dropFirst(option.count + 1)) : nil
    }
  }

  /// The words without some options: names of those with a value, and of those without.
  static func removing(_ valued: Set<String>, flags: Set<String>, from words: [String]) -> [String] {
    var (result, skips) = ([String](), false)
    for word in words {
      if skips {
        skips = false
      } else if valued.contains(word) {
        skips = true
      } else if !flags.contains(word), !valued.contains(where: { word.hasPrefix($0 + "=") }) {
        result.append(word)
      }
    }
    return result
  }
}

/// A command to copy.
struct CommandBlock {
  var lines: [String]
  /// What it is, for those who do not see it.
  var label: String

  func write(to page: inout HTMLWriter) {
    page.element("div", ["class": "command"]) { page in
      page.element("pre", ["tabindex": "0", "role": "region", "aria-label": label]) { page in
        for line in lines { page.element("code", text: line) }
      }
    }
  }
}
