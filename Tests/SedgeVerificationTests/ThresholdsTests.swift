// Limits that follow from one another.

import Foundation
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

  /// A run whose scores differ by at most `difference`.
  private static func run(difference: Double, sensitivity: Double?) throws -> RunComparison {
    let output =
      #""largestScoreDifference": \#(difference), "relativeScoreRMS": 0, "scoreRMSDifference": 0, "classCount": 3, "keptClasses": []"#
      + (sensitivity.map { #", "scoreSensitivity": \#($0)"# } ?? "")
    return try JSONDecoder().decode(
      RunComparison.self,
      from: Data(#"{"name": "run", "taps": [], "output": {\#(output)}}"#.utf8))
  }

  @Test(
    "Scores of float32 may differ by what the limit of logits explains, and by no more",
    arguments: [
      (0.99e-5, nil, "float32", true), (1.01e-5, nil, "float32", false), (0.99e-5, 0.1, "float32", true),
      // A quarter of the largest logit, 20.
      (0.99e-4, 5, "float32", true), (1.01e-4, 5, "float32", false),
      (1.01e-5, 5, ErrorLimit.requested, false),
    ] as [(Double, Double?, String, Bool)])
  func scores(difference: Double, sensitivity: Double?, origin: String, passes: Bool) throws {
    var thresholds = Self.thresholds()
    (thresholds.scoreMaximum, thresholds.origins["score-max"]) = (1e-5, origin)
    let report = VerificationReport(
      model: "m", reference: "r", thresholds: thresholds, tensors: [],
      runs: [try Self.run(difference: difference, sensitivity: sensitivity)])
    #expect(report.passes == passes, "\(report.failures)")
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
