// Progress and cancellation by a function of the caller.

import CSedge
import Sedge
import SedgeCommands

/// The function of a caller.
struct Progress: @unchecked Sendable {
  private let progress: sedge_progress

  init(_ pointer: UnsafePointer<sedge_progress>?) throws(CallError) {
    progress = try options(
      pointer, defaults: sedge_progress(struct_size: 0, step: nil, context: nil), "progress")
  }

  /// Tells the caller of a step.
  ///
  /// - Throws: `CancellationError` where the caller stops the work.
  func show(_ work: WorkProgress) throws {
    guard let step = progress.step else { return }
    let (name, share) = work.parts
    guard step(progress.context, name, share ?? -1) == 0 else { throw CancellationError() }
  }
}
