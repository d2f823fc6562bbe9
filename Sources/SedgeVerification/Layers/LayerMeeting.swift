// Two forward passes, side by side.

import Dispatch
import SedgeOperators
import SedgeTensor
import Synchronization

/// Where the pass of the source waits for the pass of the file, at each layer.
///
/// Neither keeps more than the layer that it is at. Unchecked, for the semaphores order every access to what both share.
final class LayerMeeting: @unchecked Sendable {
  private var stored: LayerRun?
  private let hasStored = DispatchSemaphore(value: 0)
  private let isMeasured = DispatchSemaphore(value: 0)
  private var meter: LayerMeter

  init(_ operators: any Operators) { meter = LayerMeter(operators) }

  /// The errors that were measured; to be read when both passes have ended.
  var errors: [LayerError] { meter.errors }

  /// The file's pass is at a layer: waits until the source's has measured it.
  func offer(_ run: LayerRun) {
    stored = run
    hasStored.signal()
    isMeasured.wait()
  }

  /// The source's pass is at a layer: waits for the file's, and measures.
  func take(_ run: LayerRun) {
    hasStored.wait()
    guard let other = stored else { preconditionFailure("the file's pass has ended before the source's") }
    stored = nil
    meter.add(source: run, stored: other)
    isMeasured.signal()
  }

  /// Runs both passes, the file's on a thread of its own, and returns when both have ended.
  func run(source: () -> Void, stored: @escaping () -> Void) {
    // The source's pass waits for the other at its end: nothing is shared but at a meeting.
    nonisolated(unsafe) let pass = stored
    let isDone = DispatchSemaphore(value: 0)
    DispatchQueue(label: "sedge.stored-pass").async {
      unsafe pass()
      isDone.signal()
    }
    source()
    isDone.wait()
  }
}
