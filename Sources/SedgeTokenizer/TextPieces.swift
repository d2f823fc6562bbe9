// Trimming and splitting of text, scalar by scalar.

/// A text without the blanks at its ends.
func trimmed(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let first = scalars.firstIndex(where: { !$0.isBlank }),
    let last = scalars.lastIndex(where: { !$0.isBlank })
  else { return "" }
  return String(scalars[first...last])
}

/// The pieces between separators, byte by byte.
func pieces(of text: String, separator: String) -> [String] {
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
