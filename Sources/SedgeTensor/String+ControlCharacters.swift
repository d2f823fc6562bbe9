// Texts out of files, made safe to show.

extension String {
  /// The text with characters that steer a terminal as escapes, such as `\n` and `\u{1B}`.
  ///
  /// Texts in a file are whatever its author wrote: shown as they are they could move a terminal's cursor, break a line
  /// and forge the next, or reverse the order of what follows. Escaped are control characters, line separators and
  /// formatting marks, those of direction and invisible ones among them.
  ///
  /// Words stay as they are in every script: the direction of Arabic and Hebrew follows from the letters. The joiners
  /// U+200C and U+200D stay between two characters beyond ASCII, where Persian and Indic words and composed emoji need
  /// them; elsewhere they would only hide in a name.
  package var escapingControlCharacters: String {
    if utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return self }
    var text = ""
    replaceSteering {
      text.unicodeScalars.append($0)
    } steering: {
      text += $0.escaped(asASCII: true)
    }
    return text
  }

  /// JSON with the same characters as `\uXXXX`, where they are in its strings.
  ///
  /// Outside of strings JSON has no such character but line breaks and tabs, which stay.
  package var escapingControlCharactersOfJSON: String {
    if utf8.allSatisfy({ 0x20..<0x7F ~= $0 || $0 == 0x0A }) { return self }
    var text = ""
    replaceSteering {
      text.unicodeScalars.append($0)
    } steering: { scalar in
      guard !"\n\r\t".unicodeScalars.contains(scalar) else { return text.unicodeScalars.append(scalar) }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return text
  }

  private func replaceSteering(
    plain: (Unicode.Scalar) -> Void, steering: (Unicode.Scalar) -> Void
  ) {
    var previous: Unicode.Scalar?
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      let joins = scalar.isJoiner && previous.joins && rest.first.joins
      if scalar.isSteering && !joins { steering(scalar) } else { plain(scalar) }
      previous = scalar
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isSteering: Bool {
    if isASCII { return value < 0x20 || value == 0x7F }
    return [.control, .format, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
  }

  /// Whether it is U+200C or U+200D.
  fileprivate var isJoiner: Bool { value == 0x200C || value == 0x200D }
}

extension Unicode.Scalar? {
  /// Whether it is a visible character beyond ASCII, which a joiner may stand beside.
  fileprivate var joins: Bool {
    guard let scalar = self else { return false }
    return !scalar.isASCII && !scalar.isSteering && !scalar.properties.isWhitespace
  }
}
