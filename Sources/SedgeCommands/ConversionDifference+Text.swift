// A difference of a file from what a conversion would make, in words.

import Sedge

extension ConversionDifference {
  /// What the file has, and what the conversion would give it.
  var text: String {
    switch self {
    case .program(let found, let expected): "it was made by Sedge \(found), this is \(expected)"
    case .sources: "it was made from other sources, by their SHA-256"
    case .option(let name, let found, let expected):
      "it was made with \(Self.value(found, of: name)), expected \(Self.value(expected, of: name))"
    case .input(let option): "it was made with another file of --\(option), by its SHA-256"
    case .hyperparameters: "it was made with other hyperparameters or preprocessing"
    }
  }

  private static func value(_ value: String?, of name: String) -> String {
    value.map { "\(name) \($0)" } ?? "no \(name)"
  }
}
