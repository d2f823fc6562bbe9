// The name of a class.

/// One class and what it is called.
public struct ClassName: Sendable, Hashable {
  /// The name in the form of SED's lists, synonyms and all: "sea, water".
  public let name: String
  /// The names that are encoded, at least one; their unit vectors are averaged.
  public let synonyms: [String]

  /// Splits a name at each comma with a space behind it; blanks around a synonym are left out.
  init(_ name: String) {
    self.name = name
    synonyms = pieces(of: name, separator: ", ").map(trimmed)
  }
}
