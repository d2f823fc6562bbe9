// HTML as text, in which nothing but this program's own words is markup.

import SedgeTensor

/// HTML that is being written, element by element.
///
/// Names of elements and attributes are literals. Every other text is escaped: it can neither end an element nor an
/// attribute, and characters that would steer the reader, such as overrides of the direction, are shown as escapes.
struct HTMLWriter {
  /// Attributes in their order; those without a value are left out.
  typealias Attributes = KeyValuePairs<StaticString, String?>

  /// The HTML so far.
  private(set) var html = ""

  /// Writes an element and what it contains.
  mutating func element(
    _ name: StaticString, _ attributes: Attributes = [:], _ content: (inout HTMLWriter) -> Void
  ) {
    open(name, attributes)
    content(&self)
    html += "</\(name)>"
  }

  /// Writes an element with a text, or with nothing.
  mutating func element(_ name: StaticString, _ attributes: Attributes = [:], text: String = "") {
    element(name, attributes) { $0.text(text) }
  }

  /// Writes an element that has no end.
  mutating func void(_ name: StaticString, _ attributes: Attributes = [:]) { open(name, attributes) }

  /// Writes a text.
  mutating func text(_ text: String) { html += Self.escaped(text) }

  /// Writes a name of dots and underscores, which may break after each.
  mutating func name(_ name: String) {
    var part = ""
    for character in name {
      part.append(character)
      guard character == "." || character == "_" || character == "/" else { continue }
      text(part)
      html += "<wbr>"
      part = ""
    }
    text(part)
  }

  /// Writes a name of several parts: narrow screens show it in two lines, the first without its beginning where it is long.
  mutating func longName(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard name.count > 24, parts.count > 2 else { return self.name(name) }
    var tail = String(parts[parts.count - 1])
    for part in parts.dropLast().dropFirst().reversed() {
      guard tail.count + part.count < 24 else { break }
      tail = part + "." + tail
    }
    element("span", ["class": "long", "title": name]) { page in
      page.element("span") { page in
        page.element("bdi") { $0.name(String(name.dropLast(tail.count))) }
      }
      page.element("span") { $0.name(tail) }
    }
  }

  /// Writes HTML, SVG, a style sheet or a script of this program's own making.
  mutating func own(_ markup: String) { html += markup }

  private mutating func open(_ name: StaticString, _ attributes: Attributes) {
    html += "<\(name)"
    for (key, value) in attributes {
      guard let value else { continue }
      html += " \(key)=\"\(Self.escaped(value))\""
    }
    html += ">"
  }

  /// A text without what means something to HTML or steers its reader.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.escapingControlCharacters.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
