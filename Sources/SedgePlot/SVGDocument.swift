// SVG as text.

/// An SVG document that is being written, element by element.
struct SVGDocument {
  private var lines: [String] = []
  private var depth = 0

  /// The text so far.
  var text: String { lines.joined(separator: "\n") + "\n" }

  /// Writes an element that holds nothing, or a text.
  mutating func add(_ name: String, _ attributes: [(String, String)], text: String? = nil) {
    let start = "\(indent)<\(name)\(Self.written(attributes))"
    lines.append(text.map { "\(start)>\(Self.escaped($0))</\(name)>" } ?? "\(start)/>")
  }

  /// Writes an element that holds others.
  mutating func group(
    _ name: String, _ attributes: [(String, String)] = [], _ content: (inout SVGDocument) -> Void
  ) {
    lines.append("\(indent)<\(name)\(Self.written(attributes))>")
    depth += 1
    content(&self)
    depth -= 1
    lines.append("\(indent)</\(name)>")
  }

  /// Writes a style sheet, which has no character that would have to be escaped.
  mutating func style(_ rules: [String]) {
    group("style") { document in
      for rule in rules { document.lines.append("\(document.indent)\(rule)") }
    }
  }

  private var indent: String { String(repeating: "  ", count: depth) }

  private static func written(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
  }

  /// A text without what means something to XML, and without the control characters that XML does not have.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// A length or a place, to a hundredth of a pixel.
func pixels(_ value: Double) -> String { decimalText(value, decimals: 2) }
