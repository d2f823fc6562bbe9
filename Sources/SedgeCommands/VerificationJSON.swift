// The JSON of verify.

import SedgeRunner
import SedgeTensor
import SedgeVerification

/// What `verify --json` prints.
struct VerificationJSON: JSONReport {
  static let kind = ReportKind.verify

  struct Report: Encodable {
    var model: String
    /// Bytes of the file.
    var modelBytes: Int?
    var reference: String
    var passes: Bool
    var failures: [String]
    var thresholds: [String: Double]
    var thresholdOrigins: [String: String]
    var tensors: [Tensor]
    var layers: [Layer]
    var costs: Costs?
    var rejections: [Rejection]
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
    var storedBytes: Int
    var bitsPerWeight: Double?
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
    /// Of all tensors of the layer; missing where it has none.
    var storedBytes: Int?
    /// Of its weights.
    var codec: String?
    var bitsPerWeight: Double?
  }

  struct Change: Encodable {
    var labels: Double
    var scores: Double

    init(_ change: ResultChange) { (labels, scores) = (change.labels, change.scores) }
  }

  struct Costs: Encodable {
    struct Estimate: Encodable {
      var ifRestored: Change?
      var ifAlone: Change?
    }

    struct Layer: Encodable {
      var name: String
      var bytes: Int
      var isExact: Bool
      var ifRestored: Change
      var ifAlone: Change
      var estimate: Estimate
    }

    struct EstimateErrors: Encodable {
      var layers: Int
      var rankCorrelation: Double?
      var median: Double
      var largest: Double

      init(_ error: EstimateError) {
        (layers, rankCorrelation) = (error.count, error.rankCorrelation)
        (median, largest) = (error.median, error.largest)
      }
    }

    struct Suggestion: Encodable {
      var name: String
      var form: String
      var option: String
      var addedBytes: Int
      var expected: Change
    }

    struct Plan: Encodable {
      /// The path that it was written to.
      var file: String?
      var tensors: Int
      var fileBytes: Int
      var expected: Change
      var measured: Change
      var worstLabels: Double
      var isExact: Bool
    }

    var pictures: Int
    var classes: Int
    var pixels: Int
    var whole: Change
    var layers: [Layer]
    /// Of ``Layer/ifAlone``.
    var estimateError: EstimateErrors?
    /// Of ``Layer/ifRestored``.
    var restoredError: EstimateErrors?
    var suggestions: [Suggestion]
    var plan: Plan?

    init(_ costs: ResultCosts) {
      (pictures, classes, pixels) = (costs.pictureCount, costs.classCount, costs.pixelCount)
      whole = Change(costs.whole)
      layers = costs.layers.map { layer in
        Layer(
          name: layer.name, bytes: layer.storedByteCount, isExact: layer.isExact,
          ifRestored: Change(layer.ifRestored.change), ifAlone: Change(layer.ifAlone.change),
          estimate: Estimate(
            ifRestored: layer.ifRestored.estimate.map(Change.init),
            ifAlone: layer.ifAlone.estimate.map(Change.init)))
      }
      estimateError = costs.aloneError.map(EstimateErrors.init)
      restoredError = costs.restoredError.map(EstimateErrors.init)
      suggestions = costs.suggestions.map {
        Suggestion(
          name: $0.name, form: $0.form, option: $0.option, addedBytes: $0.addedByteCount,
          expected: Change($0.expected))
      }
      plan = costs.plan.map {
        Plan(
          tensors: $0.forms.count, fileBytes: $0.byteCount, expected: Change($0.expected),
          measured: Change($0.measured), worstLabels: $0.worstLabels, isExact: $0.isExact)
      }
    }
  }

  struct Rejection: Encodable {
    struct Decision: Encodable {
      var label: Int
      var name: String?
      var keptBy: String
      var referenceMargin: Double?
      var modelMargin: Double?
      var closeness: Double?
      var isWithinError: Bool?
      var changedLabels: Double?
    }

    struct Stage: Encodable {
      var stage: Int
      var candidates: Int
      var referenceKept: Int
      var modelKept: Int
      var scoreError: Double?
      var relativeScoreError: Double?
      var decisions: [Decision]
    }

    var run: String
    var topK: Int
    var changedLabels: Double?
    var stages: [Stage]

    init(_ rejection: RejectionComparison, run: String) {
      self.run = run
      (topK, changedLabels) = (rejection.topK, rejection.changedLabels)
      stages = rejection.stages.map { stage in
        Stage(
          stage: stage.index, candidates: stage.candidateCount, referenceKept: stage.referenceCount,
          modelKept: stage.modelCount, scoreError: stage.scoreError,
          relativeScoreError: stage.relativeScoreError,
          decisions: stage.decisions.map {
            Decision(
              label: $0.classIndex, name: $0.className,
              keptBy: $0.isKeptByReference ? "reference" : "model", referenceMargin: $0.referenceMargin,
              modelMargin: $0.modelMargin, closeness: $0.closeness, isWithinError: $0.isWithinError,
              changedLabels: $0.changedLabels)
          })
      }
    }
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
    /// Where it is wider than that of `thresholds`.
    var scoreMax: Double?
    var keptClasses: [Double]
  }

  var passes: Bool
  var compute: String
  var kernels: String
  var proven: [HyperparameterReport]
  var notProven: [HyperparameterReport]
  var reports: [Report]
  /// With `--key`.
  var signature: SignatureJSON?

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
            name: $0.name, codec: $0.codec, storedBytes: $0.storedByteCount,
            bitsPerWeight: $0.elementCount == 0
              ? nil : 8 * Double($0.storedByteCount) / Double($0.elementCount),
            figures: Figures($0.deviation), limit: $0.limit.value,
            limitOrigin: $0.limit.origin)
        },
        layers: Self.layers(of: report), costs: report.costs.map(Costs.init),
        rejections: report.runs.compactMap { run in
          run.rejection.map { Rejection($0, run: run.name) }
        },
        runs: report.runs.map { run in
          Run(
            name: run.name,
            taps: run.taps.map { Tap(name: $0.name, figures: $0.deviation.map(Figures.init)) },
            equalLabels: run.output.equalLabels, equalLabelsWithinMargin: run.output.equalLabelsWithinMargin,
            largestScoreDifference: run.output.largestScoreDifference,
            scoreRmsDifference: run.output.scoreRMSDifference, relativeScoreRms: run.output.relativeScoreRMS,
            scoreFloor: report.scoreFloor(of: run),
            scoreMax: report.scoreMaximum(of: run) > report.thresholds.scoreMaximum
              ? report.scoreMaximum(of: run) : nil, keptClasses: run.output.keptClasses)
        }, skippedRuns: report.skippedRuns, notRecorded: report.notRecorded,
        otherSources: report.otherSources)
    }
  }

  /// The layers with what the file stores of them.
  private static func layers(of report: VerificationReport) -> [Layer] {
    let tensors = Dictionary(grouping: report.tensors, by: \.layer)
    return report.layers.map { layer in
      let stored = tensors[layer.name] ?? []
      let byteCount = stored.reduce(0) { $0 + $1.storedByteCount }
      let elementCount = stored.reduce(0) { $0 + $1.elementCount }
      return Layer(
        name: layer.name, local: layer.local, accumulated: layer.accumulated, noise: layer.noise,
        localOverNoise: layer.localOverNoise, storedBytes: stored.isEmpty ? nil : byteCount,
        codec: stored.first { $0.name == layer.name }?.codec ?? stored.first?.codec,
        bitsPerWeight: elementCount == 0 ? nil : 8 * Double(byteCount) / Double(elementCount))
    }
  }
}

extension ResultCosts.Suggestion {
  /// The option of `convert` that follows it.
  var option: String { "--tensor='\(name.pattern)=\(form)'" }
}

extension String {
  /// A pattern that matches this name alone.
  var pattern: String { "^" + replacing(".", with: #"\."#) + "$" }
}
