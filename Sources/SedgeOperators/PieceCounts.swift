// How evenly a pass divides its work, without doing it.

internal import Synchronization

/// The numbers of pieces of a pass that is counted instead of run: inside `PieceCounts.$current.withValue`, ``Workers`` run no piece, so a
/// pass for any number of threads takes no time, and its results mean nothing.
package final class PieceCounts: Sendable {
  /// Where pieces are counted; `nil` where they run.
  @TaskLocal package static var current: PieceCounts?

  private let state = Mutex<(stage: String, counts: [String: [Int]])>(("", [:]))

  package init() {}

  /// Begins a stage; pieces belong to the stage that was begun last.
  package func begin(_ stage: String) { state.withLock { $0.stage = stage } }

  func add(_ count: Int) { state.withLock { $0.counts[$0.stage, default: []].append(count) } }

  /// The number of pieces of each parallel step, by stage.
  package var counts: [String: [Int]] { state.withLock(\.counts) }
}
