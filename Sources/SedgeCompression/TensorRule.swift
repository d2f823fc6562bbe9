// The format of tensors by a regular expression.

public import SedgeQuantization

/// A format for every tensor whose name contains a match of a regular expression.
public struct TensorRule: Sendable, CustomStringConvertible {
  /// The regular expression.
  public let pattern: String
  /// The format.
  public let form: TensorFormat

  /// Reads `regex=format`, such as `visual.*fc1=int4`; `nil` for any other text.
  public init?(_ text: String) {
    guard let separator = text.lastIndex(of: "="),
      let form = TensorFormat(String(text[text.index(after: separator)...]))
    else { return nil }
    let pattern = String(text[..<separator])
    guard !pattern.isEmpty, (try? Regex(pattern)) != nil else { return nil }
    (self.pattern, self.form) = (pattern, form)
  }

  /// The text of the rule.
  public var description: String { "\(pattern)=\(form)" }

  /// Whether the rule applies to a tensor.
  package func applies(to name: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return name.contains(regex)
  }
}
