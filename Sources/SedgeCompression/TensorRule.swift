// The format of tensors by a regular expression.

public import SedgeQuantization
import SedgeTensor

/// A format for every tensor whose name contains a match of a regular expression.
public struct TensorRule: Sendable, CustomStringConvertible {
  /// The regular expression.
  public let pattern: String
  /// The format.
  public let form: TensorFormat
  private let names: NamePattern

  /// Reads `regex=format`, such as `visual.*fc1=int4`; `nil` for any other text.
  public init?(_ text: String) {
    guard let separator = text.lastIndex(of: "="),
      let form = TensorFormat(String(text[text.index(after: separator)...]))
    else { return nil }
    let pattern = String(text[..<separator])
    guard !pattern.isEmpty, let names = try? NamePattern(pattern) else { return nil }
    (self.pattern, self.form, self.names) = (pattern, form, names)
  }

  /// The text of the rule.
  public var description: String { "\(pattern)=\(form)" }

  /// Whether the rule applies to a tensor.
  package func applies(to name: String) -> Bool { names.occurs(in: name) }
}
