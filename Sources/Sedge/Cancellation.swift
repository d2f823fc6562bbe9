// Long work that may be stopped: by its progress handler, or by the cancellation of its task.

import Dispatch
import Synchronization
public import SedgeTensor

/// Follows long work, and stops it by throwing an error; the error reaches the caller, and nothing is left behind.
///
///     try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge") { step in
///       if stopRequested { throw CancellationError() }
///       print(step)
///     }
public typealias ProgressHandler = (WorkProgress) throws -> Void

/// The handler, behind a check of the cancellation of the current task.
func stopping(_ progress: @escaping ProgressHandler) -> ProgressHandler {
  { step in
    try Task.checkCancellation()
    try progress(step)
  }
}

/// Runs synchronous work on a thread of its own, so that it blocks no task, and stops it when the calling task is cancelled.
///
/// - Parameter body: The work; it gets a handler that throws `CancellationError` after the cancellation.
func withoutBlocking<Result: Sendable>(
  _ progress: @escaping @Sendable (WorkProgress) throws -> Void,
  _ body: @escaping @Sendable (@escaping ProgressHandler) throws -> Result
) async throws -> Result {
  let isCancelled = Atomic(false)
  return try await withTaskCancellationHandler {
    try Task.checkCancellation()
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Swift.Result {
            try body { step in
              if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
              try progress(step)
            }
          })
      }
    }
  } onCancel: {
    isCancelled.store(true, ordering: .relaxed)
  }
}
