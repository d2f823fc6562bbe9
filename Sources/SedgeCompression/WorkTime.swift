// The time of work, whatever else the machine does.

import SedgePlatform

/// How long work takes on processors that nothing else uses.
package struct WorkTime {
  private let start = ContinuousClock.now
  private let processorStart = Self.processorSeconds(CLOCK_PROCESS_CPUTIME_ID)

  /// Starts.
  package init() {}

  /// Seconds since the start: those that passed or, where the process had less of the processors, its own.
  package var seconds: Double {
    min(
      (ContinuousClock.now - start) / .seconds(1),
      Self.processorSeconds(CLOCK_PROCESS_CPUTIME_ID) - processorStart)
  }

  /// Seconds of a processor that the calling thread has had.
  package static var threadSeconds: Double { processorSeconds(CLOCK_THREAD_CPUTIME_ID) }

  /// Seconds of a processor's clock (`clock_gettime`).
  private static func processorSeconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
