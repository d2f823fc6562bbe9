// The JSON of verify.

import SedgeRunner
import SedgeTensor
import SedgeVerification

/// What `verify --json` prints.
struct VerificationJSON: JSONReport {
  static let kind = ReportKind.verify

  struct Report: Encodable {
    var model: String
    var reference: String
    var passes: Bool
    var failures: [String]
    var thresholds: [String: Double]
    var thresholdOrigins: [String: String]
    var tensors: [Tensor]
    var layers: [Layer]
    var runs: [Run]
    var skippedRuns: [String]
    var notRecorded: [String]
    var otherSources: [String]
  }

  struct Figures: Encodable {
    var largestAbsoluteError: Double
    var largestMagnitude: Double
    var relativeRmsError: Double
    var sqnrDb: Double
    var cosine: Double

    init(_ deviation: Deviation) {
      largestAbsoluteError = deviation.largestAbsolute
      largestMagnitude = deviation.largestMagnitude
      relativeRmsError = deviation.relativeRMS
      sqnrDb = deviation.signalToNoiseRatio
      cosine = deviation.cosine
    }
  }

  struct Tensor: Encodable {
    var name: String
    var codec: String
    var figures: Figures
    var limit: Double
    var limitOrigin: String
  }

  struct Layer: Encodable {
    var name: String
    var local: Double
    var accumulated: Double
    var noise: Double
    var localOverNoise: Double
  }

  struct Tap: Encodable {
    var name: String
    var figures: Figures?
  }

  struct Run: Encodable {
    var name: String
    var taps: [Tap]
    var equalLabels: Double?
    var equalLabelsWithinMargin: Double?
    var largestScoreDifference: Double?
    var scoreRmsDifference: Double?
    var relativeScoreRms: Double?
    var scoreFloor: Double?
    var keptClasses: [Double]
  }

  var passes: Bool
  var compute: String
  var kernels: String
  var proven: [HyperparameterReport]
  var notProven: [HyperparameterReport]
  var reports: [Report]

  init(
    _ reports: [VerificationReport], proven: [HyperparameterReport], notProven: [HyperparameterReport],
    _ computation: Compute
  ) throws {
    compute = computation.arithmetic.rawValue
    kernels = try computation.kernelSet()
    passes = reports.allSatisfy(\.passes)
    self.proven = proven
    self.notProven = notProven
    self.reports = reports.map { report in
      Report(
        model: report.model, reference: report.reference, passes: report.passes, failures: report.failures,
        thresholds: Dictionary(
          Thresholds.names.map { (snakeCase($0), report.thresholds[$0] ?? 0) },
          uniquingKeysWith: { first, _ in first }),
        thresholdOrigins: Dictionary(
          report.thresholds.origins.map { (snakeCase($0.key), $0.value) },
          uniquingKeysWith: { first, _ in first }),
        tensors: report.tensors.map {
          Tensor(
            name: $0.name, codec: $0.codec, figures: Figures($0.deviation), limit: $0.limit.value,
            limitOrigin: $0.limit.origin)
        },
        layers: report.layers.map {
          Layer(
            name: $0.name, local: $0.local, accumulated: $0.accumulated, noise: $0.noise,
            localOverNoise: $0.localOverNoise)
        },
        runs: report.runs.map { run in
          Run(
            name: run.name,
            taps: run.taps.map { Tap(name: $0.name, figures: $0.deviation.map(Figures.init)) },
            equalLabels: run.output.equalLabels, equalLabelsWithinMargin: run.output.equalLabelsWithinMargin,
            largestScoreDifference: run.output.largestScoreDifference,
            scoreRmsDifference: run.output.scoreRMSDifference, relativeScoreRms: run.output.relativeScoreRMS,
            scoreFloor: report.scoreFloor(of: run), keptClasses: run.output.keptClasses)
        }, skippedRuns: report.skippedRuns, notRecorded: report.notRecorded,
        otherSources: report.otherSources)
    }
  }
}
