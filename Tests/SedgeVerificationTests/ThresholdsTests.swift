// Limits that follow from one another.

import SedgeVerification
import Testing

@Suite("Thresholds")
struct ThresholdsTests {
  private static func thresholds(margin: Double = 0.1, labels: Double = 0.99) -> Thresholds {
    Thresholds(
      tensorRMS: 0, tapMaximum: 1, tapRMS: 1, scoreMaximum: 1, scoreRMS: 0.05, margin: margin, labels: labels,
      keptClasses: 0)
  }

  @Test(
    "Below the floor of scores, the allowed share decides about changed labels",
    arguments: [2, 3, 150])
  func floor(classCount: Int) {
    let thresholds = Self.thresholds()
    // Of 1,000 pixels 10 get a label that the reference scores 0.1 lower: one score falls by half of it, one rises.
    let squares = 10 * 2 * 0.05 * 0.05
    let difference = (squares / Double(1000 * classCount)).squareRoot()
    let floor = thresholds.scoreFloor(classCount: classCount)
    #expect(abs(floor * thresholds.scoreRMS - difference) < 1e-12)
  }

  @Test("Where nothing may change, or a user gave the limit, there is no floor")
  func none() {
    #expect(Self.thresholds(margin: 0).scoreFloor(classCount: 3) == 0)
    #expect(Self.thresholds(labels: 1).scoreFloor(classCount: 3) == 0)
    var asked = Self.thresholds()
    asked.origins["score-rms"] = ErrorLimit.requested
    #expect(asked.scoreFloor(classCount: 3) == 0)
  }
}
