// Names out of files, made safe to show.

extension String {
  /// The text with control characters as escapes, such as `\n` and `\u{1B}`.
  ///
  /// Names in a file are whatever its author wrote: shown as they are they could move a terminal's cursor, or break
  /// a line and forge the next.
  package var escapingControlCharacters: String {
    let isControl = { (scalar: Unicode.Scalar) in
      [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
    guard unicodeScalars.contains(where: isControl) else { return self }
    return unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
  }
}
