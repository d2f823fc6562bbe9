// The work of a test, counted so that the work of others does not matter.

import SedgePlatform

/// The processor time that `body` takes on the calling thread, in seconds; waiting does not count.
package func processorSeconds<Failure>(of body: () throws(Failure) -> Void) throws(Failure) -> Double {
  let start = threadSeconds()
  try body()
  return threadSeconds() - start
}

private func threadSeconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
