// A wish for some of the tensors.

public import SedgeQuantization

/// A form for every tensor whose name has a match of a regular expression.
public struct TensorRule: Sendable, CustomStringConvertible {
  /// The regular expression as it was written.
  public let pattern: String
  /// The form.
  public let form: TensorFormat

  /// Reads `regex=form`, such as `visual.*fc1=int4`; `nil` where it is none.
  public init?(_ text: String) {
    guard let separator = text.lastIndex(of: "="),
      let form = TensorFormat(String(text[text.index(after: separator)...]))
    else { return nil }
    let pattern = String(text[..<separator])
    guard !pattern.isEmpty, (try? Regex(pattern)) != nil else { return nil }
    (self.pattern, self.form) = (pattern, form)
  }

  /// As it was written.
  public var description: String { "\(pattern)=\(form)" }

  /// Whether it is for a tensor.
  package func applies(to name: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return name.contains(regex)
  }
}
