// What can be wrong with a checkpoint's tensors, as facts; the wording is here.

public import SedgeTensor

/// One tensor that is not what the architecture calls for.
public struct ContractProblem: Hashable, Sendable {
  /// The ways a tensor can be wrong.
  public enum Kind: Hashable, Sendable {
    /// The architecture calls for it; the file does not have it.
    case missing(expected: [Int])
    /// The file has it; the architecture does not call for it.
    case unexpected(found: [Int])
    /// It has another shape.
    case wrongShape(expected: [Int], found: [Int])
    /// Its elements are no floating-point numbers.
    case wrongType(found: ElementType)
    /// Some of its values are infinite or not numbers.
    case nonFinite(count: Int, firstIndex: Int)
    /// A dimension that the model cannot have.
    case impossible(String)
  }

  /// The tensor's name in the file, or the name it should have there.
  public var tensor: String
  /// What is wrong.
  public var kind: Kind
  /// Why it may be, and what to do, where that is evident.
  public var cause: String?

  /// Whether the file has a tensor more than the model.
  public var isUnexpected: Bool {
    if case .unexpected = kind { true } else { false }
  }

  /// The same with the cause that an archive knows: for a name that it could not find out, or a tensor that it does not
  /// read.
  public func explained(by archive: any TensorArchive) -> ContractProblem {
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
}

extension ContractProblem: CustomStringConvertible {
  /// One line: tensor, expected, found, cause.
  public var description: String {
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
    return "\(tensor.escapingControlCharacters): \(fact)" + (cause.map { " (\($0))" } ?? "")
  }
}

/// A file that is no model, or a model with problems; every one of them.
public struct ContractError: Error, Hashable, Sendable {
  /// The file.
  public var path: String
  /// What the file looks like, such as `SED-B`.
  public var model: String?
  /// Everything that is wrong.
  public var problems: [ContractProblem]
  /// What stands behind the problems, and what to do, where that is known.
  public var diagnosis: String?
  /// What the file says of itself that may be the reason, and what to do.
  public var hint: String?

  /// Collects the problems of a file.
  public init(
    path: String, model: String?, problems: [ContractProblem], diagnosis: String? = nil, hint: String? = nil
  ) {
    self.path = path
    self.model = model
    self.problems = problems
    self.diagnosis = diagnosis
    self.hint = hint
  }
}

extension ContractError: CustomStringConvertible {
  /// A heading, a line for every problem, and the way out where only tensors too many stand in the way.
  public var description: String {
    let heading =
      if let diagnosis {
        "\(path): \(diagnosis.escapingControlCharacters)"
      } else if let model {
        "\(path): looks like \(model), but has \(problems.count == 1 ? "a problem" : "\(problems.count) problems")"
      } else {
        "\(path): is no model that Sedge knows"
      }
    let wayOut =
      diagnosis == nil && !problems.isEmpty && problems.allSatisfy(\.isUnexpected)
      ? ["nothing else is wrong; --ignore-unexpected leaves these tensors out"] : []
    let hints = hint.map { ["  \($0.escapingControlCharacters)"] } ?? []
    return ([heading] + hints + problems.map { "  \($0)" } + wayOut).joined(separator: "\n")
  }
}
