// The names of files that are only a part of a model.

/// A file's name as writers of models in several files choose it, such as `model-00001-of-00002.safetensors`.
package struct ShardName: Hashable, Sendable {
  /// The folder, with its slash; empty for the working directory.
  package let folder: String
  /// The name before the numbers, without the hyphen.
  package let stem: String
  /// How many files there are.
  package let count: Int
  /// The name after the numbers, with its dot.
  package let suffix: String

  /// Takes a path apart; `nil` where it is not named so, or is the only file.
  package init?(path: String) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let match = name.wholeMatch(of: /(.+)-[0-9]{5}-of-([0-9]{5})(\..+)/), let count = Int(match.2),
      count > 1
    else { return nil }
    folder = String(path.dropLast(name.count))
    stem = String(match.1)
    self.count = count
    suffix = String(match.3)
  }

  /// What to give instead of this file alone: the index in the same folder if there is one, else all files.
  package var advice: String {
    let index = "\(folder)\(stem)\(suffix).index.json"
    return InputFile.exists(at: index)
      ? "it is one of \(count) files of a model; give \(index), which holds them together"
      : "it is one of \(count) files of a model; give all of them: \(file(1)) to \(file(count))"
  }

  private func file(_ number: Int) -> String {
    func digits(_ number: Int) -> String {
      String(repeating: "0", count: 5 - min(5, "\(number)".count)) + "\(number)"
    }
    return "\(folder)\(stem)-\(digits(number))-of-\(digits(count))\(suffix)"
  }
}
