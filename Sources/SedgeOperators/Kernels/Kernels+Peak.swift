// The peak arithmetic rate of the processor.

internal import CSedgeKernels

extension Kernels {
  /// Multiplies and adds in registers alone.
  ///
  /// - Returns: The number of floating-point operations.
  private func burn(rounds: Int) -> Double {
    var sink: [Float] = [1.0001, 0.9999, 0]
    return unsafe table.pointee.burn(rounds, &sink)
  }

  /// Floating-point operations per second of all threads together, in registers alone: an upper bound for any forward pass.
  package func peakOperationsPerSecond(_ workers: Workers) -> Double {
    let rounds = 400_000
    let pieces = 8 * workers.count
    let start = ContinuousClock.now
    workers.run(pieces) { _, _ in _ = burn(rounds: rounds) }
    let time = (ContinuousClock.now - start).components
    let operations = burn(rounds: 1) * Double(rounds * pieces)
    return operations / (Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
}
