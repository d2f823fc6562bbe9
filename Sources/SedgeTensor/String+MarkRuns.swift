// Texts whose comparison takes time.

extension String {
  /// Combining marks in a row that a text out of a file may have.
  ///
  /// Source: Unicode Standard Annex #15, section 13, Stream-Safe Text Format.
  package static let maximumMarkCount = 30

  /// Whether more marks follow one another than any writing has.
  ///
  /// Comparing and hashing text sorts each run of marks, as canonical equivalence asks for, in quadratic time: a name of
  /// marks alone would take seconds each time that it is looked up.
  package var hasEndlessMarks: Bool {
    // Two bytes at least for each mark; those below U+0300 are none.
    guard utf8.count > 2 * Self.maximumMarkCount, !utf8.allSatisfy({ $0 < 0xCC }) else { return false }
    var count = 0
    for scalar in unicodeScalars {
      let isMark = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
      count = isMark ? count + 1 : 0
      if count > Self.maximumMarkCount { return true }
    }
    return false
  }
}

extension FormatError.Kind {
  /// The fault of a text for which `hasEndlessMarks` holds.
  package static func endlessMarks(_ what: String) -> FormatError.Kind {
    .malformed("\(what) has more than \(String.maximumMarkCount) combining marks in a row")
  }
}
