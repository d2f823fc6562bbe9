// Names of output files, with placeholders for what tells one picture from another.

import SedgeImages

/// A path with placeholders: `{stem}`, `{name}` and `{index}` of a picture, `{class}` and `{label}` of a class.
///
/// Other text in braces stands for itself.
struct OutputPattern {
  /// What placeholders stand for.
  struct Values {
    /// The file's name without its folder.
    var name: String
    /// The place in the list, from 0, in as many digits as the last one has.
    var index: String
    /// The first name of a class and its index, where the file is of one class.
    var label: (name: String, index: Int)?

    /// The values of a picture in a list of `count`.
    init(path: String, index: Int, of count: Int) {
      name = path.split(separator: "/").last.map(String.init) ?? path
      let digits = "\(index)"
      self.index = String(repeating: "0", count: max(0, "\(count - 1)".count - digits.count)) + digits
    }

    subscript(placeholder: Substring) -> String? {
      switch placeholder {
      case "stem": name.stem
      case "name": name
      case "index": index
      case "class": label.map { OutputPattern.fileName(of: $0.name) }
      case "label": label.map { "\($0.index)" }
      default: nil
      }
    }
  }

  /// The path as it is written.
  let text: String

  /// Whether different pictures have different files.
  var namesPictures: Bool { ["{stem}", "{name}", "{index}"].contains(where: text.contains) }

  /// The path of a picture's file.
  func path(_ values: Values) -> String {
    var (path, rest) = ("", text[...])
    while let open = rest.firstIndex(of: "{") {
      path += rest[..<open]
      rest = rest[open...]
      if let close = rest.firstIndex(of: "}"), let value = values[rest[rest.index(after: open)..<close]] {
        path += value
        rest = rest[rest.index(after: close)...]
      } else {
        path += "{"
        rest = rest.dropFirst()
      }
    }
    return path + rest
  }

  /// A class's first name as a part of a file's name: `_` for everything that is no letter, digit, `-` or `.`.
  private static func fileName(of name: String) -> String {
    String(name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." ? $0 : "_" })
  }
}
