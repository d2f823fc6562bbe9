// Errors as JSON.

import SedgeArchitecture
import SedgeEvaluation
import SedgeTensor

/// What every command prints on standard output for an error where `--json` is given.
struct ErrorJSON: JSONReport {
  static let kind = ReportKind.error

  struct Fault: Encodable {
    /// The text that is on standard error, without `sedge: `.
    var message: String
    var exitCode: Int32
    var file: String?
    var tensor: String?
    var byteOffset: Int?
    /// Every difference from the model, where that is the error.
    var problems: [Problem]?
  }

  struct Problem: Encodable {
    var tensor: String
    var description: String
    var cause: String?
  }

  var error: Fault

  /// Describes an error.
  ///
  /// - Parameter message: Its text, with line breaks.
  init(_ error: any Error, message: String, exitCode: Int32) {
    var fault = Fault(message: message, exitCode: exitCode)
    switch error {
    case let error as FormatError:
      (fault.file, fault.tensor, fault.byteOffset) = (error.path, error.tensor, error.byteOffset)
    case let error as ContractError:
      fault.file = error.path
      fault.problems = error.problems.map {
        Problem(tensor: $0.tensor, description: $0.text(\.optionText), cause: $0.explanation(\.optionText))
      }
    case let error as UsageError: fault.file = error.path
    case let error as EvaluationError: fault.file = error.path
    default: break
    }
    self.error = fault
  }

  /// Whether the command line asks for JSON; of a wrong one nothing else is known.
  static var isWanted: Bool { Console.current.arguments.prefix { $0 != "--" }.contains("--json") }
}
