// How long the parts of a forward pass take.

import SedgeOperators

/// Seconds by stage, in the order the stages first ran.
public final class StageTimes {
  /// The stages' names, their seconds, and the seconds that all threads together worked.
  public private(set) var stages: [(name: String, seconds: Double, processorSeconds: Double)] = []

  /// How many classes each layer of the decoder had, where the pass tells.
  public private(set) var classCounts: [Int] = []

  /// Starts with nothing.
  public init() {}

  /// Records how many classes a layer has.
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
  /// Does a stage's work, and keeps its time where there is someone to keep it.
  func measure<Result>(_ name: String, _ work: () -> Result) -> Result {
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
