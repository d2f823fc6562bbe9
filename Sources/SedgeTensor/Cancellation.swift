// Long work that can be stopped: by its progress handler, or by the cancellation of its task.

import Dispatch
import Synchronization

/// Follows long work, and stops it by throwing an error: the error reaches the caller, and no file is left behind.
///
///     try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge") { step in
///       if stopRequested { throw CancellationError() }
///       print(step)
///     }
public typealias ProgressHandler = (WorkProgress) throws -> Void

/// The handler behind a check for the cancellation of the current task.
package func stopping(_ progress: @escaping ProgressHandler) -> ProgressHandler {
  { step in
    try Task.checkCancellation()
    try progress(step)
  }
}

/// Runs synchronous work on another thread, so that the calling task is suspended and blocks no thread of its pool.
///
/// - Parameters:
///   - subject: A value that the work uses; the calling task, which is suspended, does not use it meanwhile.
///   - progress: The handler of the caller.
///   - body: The work; its handler throws `CancellationError` after the cancellation of the calling task.
package nonisolated(nonsending) func withoutBlocking<Subject, Result: Sendable>(
  _ subject: Subject, _ progress: @escaping @Sendable (WorkProgress) throws -> Void,
  _ body: @escaping @Sendable (Subject, @escaping ProgressHandler) throws -> Result
) async throws -> Result {
  let isCancelled = Atomic(false)
  nonisolated(unsafe) let subject = subject
  return try await withTaskCancellationHandler {
    try Task.checkCancellation()
    return try await withCheckedThrowingContinuation { continuation in
      // A serial queue of its own gets a thread of its own; the global queues share the threads of tasks.
      DispatchQueue(label: "sedge.work").async {
        let result = Swift.Result {
          try unsafe body(subject) { step in
            if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
            try progress(step)
          }
        }
        continuation.resume(with: result)
      }
    }
  } onCancel: {
    isCancelled.store(true, ordering: .relaxed)
  }
}
