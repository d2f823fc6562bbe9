// A file that is refused because of its tensors.

import SedgeTensor

/// A file of no known model, or of a model with problems: all of them.
public struct ContractError: Error, Hashable, Sendable {
  /// The file.
  public var path: String
  /// The model that the file resembles, such as `SED-B`.
  public var model: String?
  /// All problems.
  public var problems: [ContractProblem]
  /// The reason of all problems, where one is known.
  public var diagnosis: String?
  /// The way out, where one is known.
  package var remedy: Remedy?
  /// A note of the file's archive that may be the reason.
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

  /// Collects the problems of a file with a known way out.
  package init(
    path: String, model: String?, problems: [ContractProblem], diagnosis: String?, remedy: Remedy?,
    hint: String? = nil
  ) {
    self.init(path: path, model: model, problems: problems, diagnosis: diagnosis, hint: hint)
    self.remedy = remedy
  }
}

extension ContractError: CustomStringConvertible {
  /// A heading, a line for every problem, and the way out where only unexpected tensors are wrong.
  public var description: String { text(\.text) }

  /// The same lines with remedies in other words.
  package func text(_ wording: (Remedy) -> String) -> String {
    let heading =
      if let diagnosis {
        "\(path): "
          + [diagnosis, remedy.map(wording)].compactMap(\.self).joined(separator: "; ")
      } else if let model {
        "\(path): looks like \(model), but has \(problems.count == 1 ? "a problem" : "\(problems.count) problems")"
      } else {
        "\(path): is no model that Sedge knows"
      }
    let wayOut =
      diagnosis == nil && !problems.isEmpty && problems.allSatisfy(\.isUnexpected)
      ? ["nothing else is wrong; \(wording(.ignoreUnexpected))"] : []
    let hints = hint.map { ["  \($0)"] } ?? []
    return ([heading] + hints + problems.map { "  \($0.text(wording))" } + wayOut)
      .map(\.escapingControlCharacters).joined(separator: "\n")
  }
}
