// How calls end: Swift's errors as a status and a text.

import CSedge
import Sedge
import SedgeEvaluation
import SedgeTensor

/// A call that cannot be done as it was made.
struct CallError: Error, CustomStringConvertible {
  var status: sedge_status
  var description: String

  /// A mistake of the program.
  static func argument(_ text: String) -> CallError {
    CallError(status: SEDGE_WRONG_ARGUMENT, description: text)
  }
}

/// The program that calls, which the system gives memory or not.
private let host = MemoryHost { can_allocate($0) != 0 }

/// Runs the body of a function of the interface.
func call(_ body: () throws -> Void) -> sedge_status {
  do {
    // Nothing is allocated that the system was not asked for.
    try MemoryHost.$current.withValue(host, operation: body)
    return SEDGE_OK
  } catch {
    keep_sedge_error("\(error)")
    return status(of: error)
  }
}

/// The status that stands for an error.
private func status(of error: any Error) -> sedge_status {
  switch error {
  case let error as CallError: error.status
  case is MemoryDemand: SEDGE_OUT_OF_MEMORY
  case is FormatError, is UsageError, is ContractError, is EvaluationError: SEDGE_UNUSABLE_INPUT
  case is KernelSetError: SEDGE_WRONG_ARGUMENT
  case is CancellationError: SEDGE_STOPPED
  default: SEDGE_BUG
  }
}
