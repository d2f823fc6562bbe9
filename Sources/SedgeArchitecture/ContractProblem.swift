// A tensor that differs from the architecture, as facts and in words.

public import SedgeTensor

/// One tensor that differs from the architecture.
public struct ContractProblem: Hashable, Sendable {
  /// The ways a tensor can be wrong.
  public enum Kind: Hashable, Sendable {
    /// The architecture has it; the file does not.
    case missing(expected: [Int])
    /// The file has it; the architecture does not.
    case unexpected(found: [Int])
    /// Its shape is another one.
    case wrongShape(expected: [Int], found: [Int])
    /// Its elements are not floating-point numbers.
    case wrongType(found: ElementType)
    /// Some of its values are infinite or NaN.
    case nonFinite(count: Int, firstIndex: Int)
    /// A dimension that the model cannot have.
    case impossible(String)
  }

  /// The tensor's name in the file, or the name it should have there.
  public var tensor: String
  /// What is wrong.
  public var kind: Kind
  /// The likely reason, where one is known.
  public var cause: String?
  /// The way out, where one is known.
  package var remedy: Remedy?

  /// Whether the file has the tensor and the model does not.
  public var isUnexpected: Bool {
    if case .unexpected = kind { true } else { false }
  }

  /// The same problem with the cause that the archive knows: an unresolved name, or a tensor that is not read.
  package func explained(by archive: any TensorArchive) -> ContractProblem {
    let cause: String? =
      switch kind {
      case .unexpected: archive.unresolved[tensor]
      case .missing:
        archive.skipped.first { $0.name == tensor }.map {
          $0.isTensor ? "is in the file, but \($0.reason)" : "is in the file as \($0.reason)"
        }
      case .impossible:
        archive.skipped.first { $0.isTensor && ($0.name == tensor || $0.name.hasSuffix(".\(tensor)")) }
          .map { "\($0.name) is in the file, but \($0.reason)" }
      default: nil
      }
    guard let cause else { return self }
    return ContractProblem(tensor: tensor, kind: kind, cause: cause)
  }

  /// Describes a problem.
  public init(tensor: String, kind: Kind, cause: String? = nil) {
    self.tensor = tensor
    self.kind = kind
    self.cause = cause
  }

  /// Describes a problem with a known way out.
  package init(tensor: String, kind: Kind, cause: String? = nil, remedy: Remedy?) {
    self.init(tensor: tensor, kind: kind, cause: cause)
    self.remedy = remedy
  }

  /// The cause and the remedy; `nil` where neither is known.
  package func explanation(_ wording: (Remedy) -> String) -> String? {
    let parts = [cause, remedy.map(wording)].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

extension ContractProblem: CustomStringConvertible {
  /// One line: tensor, expected, found, cause.
  public var description: String { text(\.text) }

  /// The same line with remedies in other words.
  package func text(_ wording: (Remedy) -> String) -> String {
    let fact =
      switch kind {
      case .missing(let expected): "missing, expected \(shapeText(expected))"
      case .unexpected(let found): "unexpected, found \(shapeText(found))"
      case .wrongShape(let expected, let found):
        "wrong shape, expected \(shapeText(expected)), found \(shapeText(found))"
      case .wrongType(let found): "wrong type, expected floating-point numbers, found \(found.rawValue)"
      case .nonFinite(let count, let first):
        count == 1
          ? "the value at index \(first) is not finite"
          : "\(count) values are not finite, the first at index \(first)"
      case .impossible(let what): what
      }
    let text = "\(tensor): \(fact)" + (explanation(wording).map { " (\($0))" } ?? "")
    return text.escapingControlCharacters
  }
}
