// The argument for a class list: a path or the classes themselves.

import SedgeTensor

/// An argument for a class list.
///
/// A path ends like a list (`.json`, `.txt`, `.names`, ...), begins with `/`, `./`, `../` or `~/`, or leads through a
/// folder that exists; anything else is a literal, even where the current folder has a file of that name. So a missing
/// file never becomes a class, and a file is never read by accident.
package enum ClassListArgument: Hashable, Sendable {
  /// The path of a list.
  case file(String)
  /// Names of classes.
  case literal(String)

  /// The endings of files that hold lists, or that people take for such.
  private static let endings = [
    ".json", ".txt", ".names", ".lst", ".list", ".csv", ".tsv", ".yaml", ".yml", ".jsonl", ".xml", ".toml",
  ]

  /// Looks at a text and at the folders that it names.
  package init(_ text: String) {
    let name = trimmed(text)
    self = Self.isPath(name) ? .file(name) : .literal(text)
  }

  private static func isPath(_ name: String) -> Bool {
    guard !name.contains(where: { $0 == ";" || $0.isNewline }) || FileSystem.kind(of: name) == .file else {
      return false
    }
    if ["/", "./", "../", "~/"].contains(where: name.hasPrefix) { return true }
    if endings.contains(where: name.lowercased().hasSuffix) { return true }
    guard let slash = name.lastIndex(of: "/") else { return false }
    return FileSystem.kind(of: String(name[..<slash])) == .folder
  }
}
