// The time of each stage of a forward pass.

import SedgeOperators

/// The time of each stage, in the order of their first run.
package final class StageTimes {
  /// The name, the seconds and the processor seconds of all threads of each stage.
  package private(set) var stages: [(name: String, seconds: Double, processorSeconds: Double)] = []

  /// The number of classes at each decoder layer; empty for the reference pass.
  package private(set) var classCounts: [Int] = []

  /// Starts without stages.
  package init() {}

  /// Records the number of classes at the next decoder layer.
  func record(classCount: Int) { classCounts.append(classCount) }

  fileprivate func add(_ name: String, _ seconds: Double, _ processorSeconds: Double) {
    if let index = stages.firstIndex(where: { $0.name == name }) {
      stages[index].seconds += seconds
      stages[index].processorSeconds += processorSeconds
    } else {
      stages.append((name, seconds, processorSeconds))
    }
  }
}

extension StageTimes? {
  /// Runs a stage and records its time, if there is a recorder.
  func measure<Result>(_ name: String, _ work: () -> Result) -> Result {
    PieceCounts.current?.begin(name)
    guard let self else { return work() }
    let (start, processorStart) = (ContinuousClock.now, Workers.processorSeconds)
    let result = work()
    let time = (ContinuousClock.now - start).components
    self.add(
      name, Double(time.seconds) + Double(time.attoseconds) * 1e-18,
      Workers.processorSeconds - processorStart)
    return result
  }
}
