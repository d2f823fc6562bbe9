// The outcome of a verification: every figure, every failure, one verdict.

public import SedgeTensor

/// One tensor of the file against the source's, folded the same way.
public struct TensorComparison: Hashable, Sendable, Codable {
  /// The tensor's name.
  public var name: String
  /// The codec of the stored tensor.
  public var codec: String
  /// The deviation of decoded values from the source's.
  public var deviation: Deviation
  /// The limit of the relative RMS error.
  public var limit: ErrorLimit
  /// The name of the layer that it belongs to, as of ``LayerError/name``.
  public var layer: String
  /// Bytes in the file.
  public var storedByteCount: Int
  /// Elements.
  public var elementCount: Int

  /// Collects the figures.
  public init(
    name: String, codec: String, deviation: Deviation, limit: ErrorLimit, layer: String? = nil,
    storedByteCount: Int = 0, elementCount: Int = 0
  ) {
    self.layer = layer ?? name
    self.storedByteCount = storedByteCount
    self.elementCount = elementCount
    self.name = name
    self.codec = codec
    self.deviation = deviation
    self.limit = limit
  }
}

/// One intermediate result of the model against the reference's.
public struct TapComparison: Hashable, Sendable, Codable {
  /// The result's name.
  public var name: String
  /// The deviation; `nil` where the shapes differ because other classes were kept.
  public var deviation: Deviation?

  /// Collects the figures.
  public init(name: String, deviation: Deviation?) {
    self.name = name
    self.deviation = deviation
  }
}

/// The output of the model compared with the reference's.
public struct OutputComparison: Hashable, Sendable, Codable {
  /// Share of pixels with the same label; `nil` where the reference recorded none.
  public var equalLabels: Double?
  /// Share of pixels whose label is the same or, by the reference's scores, as good within the margin; `nil` as above.
  public var equalLabelsWithinMargin: Double?
  /// The largest difference of a class's score at a pixel; `nil` where the reference recorded none.
  public var largestScoreDifference: Double?
  /// The root mean square of the differences of all scores; `nil` where the reference recorded none.
  public var scoreRMSDifference: Double?
  /// The same over the root mean square of the reference's scores.
  public var relativeScoreRMS: Double?
  /// The root mean square of the reference's scores; `nil` where it recorded none.
  public var referenceScoreRMS: Double?
  /// The most that a score of the reference changes for a change of every logit by at most its share of the largest
  /// logit: ``Thresholds/scoreMaximum(of:)``; `nil` where it recorded no logits.
  public var scoreSensitivity: Double?
  /// The number of classes in the reference's scores.
  public var classCount: Int
  /// For each stage of early rejection, the share of classes kept by either side that both keep.
  public var keptClasses: [Double]
}

/// One run of the model beside a run of the reference.
public struct RunComparison: Hashable, Sendable, Codable {
  /// The name of the run, such as `full` or `top2`, or an image's name.
  public var name: String
  /// The intermediate results, in the order of the forward pass.
  public var taps: [TapComparison]
  /// The output.
  public var output: OutputComparison
  /// The decisions of early rejection; `nil` without it.
  public var rejection: RejectionComparison?

  /// Whether anything was compared.
  var holdsFigures: Bool {
    taps.contains { $0.deviation != nil } || output.equalLabels != nil || output.largestScoreDifference != nil
  }
}

/// The outcome of a verification.
public struct VerificationReport: Hashable, Sendable, Codable {
  /// The verified file.
  public var model: String
  /// The reference.
  public var reference: String
  /// The limits that were applied.
  public var thresholds: Thresholds
  /// The tensors; empty where the reference has none.
  public var tensors: [TensorComparison]
  /// The runs.
  public var runs: [RunComparison]
  /// The layers, in the order of the forward pass; empty where none were measured.
  public var layers: [LayerError] = []
  /// What the layers cost the result; `nil` where that was not measured.
  public var costs: ResultCosts?
  /// Recorded runs with early rejection, where the model has no heads for it.
  public var skippedRuns: [String]
  /// Results that the reference has not recorded, so that they were not compared.
  public var notRecorded: [String] = []
  /// The options of hyperparameters on which what was compared depends, and which the reference has of its own.
  public var examined: [String] = []
  /// Where tensors are out of tolerance: the files of the source that are none of those that the model was made from, by
  /// their SHA-256.
  public var otherSources: [String] = []
  /// Where the file's hyperparameters are not those that its source names, in sentences.
  public var contradictions: [String] = []

  /// Collects the figures.
  public init(
    model: String, reference: String, thresholds: Thresholds, tensors: [TensorComparison],
    runs: [RunComparison], skippedRuns: [String] = []
  ) {
    self.skippedRuns = skippedRuns
    self.model = model
    self.reference = reference
    self.thresholds = thresholds
    self.tensors = tensors
    self.runs = runs
  }

  /// Every figure beyond its limit, in words; empty where none is.
  public var failures: [String] {
    // Comparisons are such that NaN fails.
    contradictions
      + tensors.filter { !($0.deviation.relativeRMS <= $0.limit.value) }.map {
        "tensor \($0.name): relative RMS error \(figure($0.deviation.relativeRMS)), tensor-rms allows "
          + "\(figure($0.limit.value)) (\($0.limit.origin))"
      } + runs.flatMap { failures(of: $0) }
  }

  /// Whether a tensor is beyond the limit that its codec, bits and record set.
  public var hasForeignTensors: Bool {
    tensors.contains {
      !($0.deviation.relativeRMS <= $0.limit.value) && $0.limit.origin != ErrorLimit.requested
    }
  }

  /// Whether every figure is within its limit, and something was compared.
  public var passes: Bool { failures.isEmpty && (!tensors.isEmpty || runs.contains(where: \.holdsFigures)) }
  /// The options of the hyperparameters that the comparison has proven: none where it fails.
  public var proven: [String] { passes ? examined : [] }

  /// The limit of the largest difference of a run's scores.
  public func scoreMaximum(of run: RunComparison) -> Double { thresholds.scoreMaximum(of: run.output) }

  /// What scores of a run are judged over, where the reference's own are too small: ``Thresholds/scoreFloor(classCount:)``.
  public func scoreFloor(of run: RunComparison) -> Double? {
    guard let scale = run.output.referenceScoreRMS else { return nil }
    let floor = thresholds.scoreFloor(classCount: run.output.classCount)
    return scale < floor ? floor : nil
  }

  /// The root mean square of the differences of a run's scores over what they are judged over.
  public func judgedScoreRMS(of run: RunComparison) -> Double? {
    guard let floor = scoreFloor(of: run) else { return run.output.relativeScoreRMS }
    return run.output.scoreRMSDifference.map { $0 / floor }
  }

  private func failures(of run: RunComparison) -> [String] {
    var failures: [String] = []
    let check = { (holds: Bool, what: String) in
      if !holds { failures.append("\(run.name): \(what)") }
    }
    for tap in run.taps {
      guard let deviation = tap.deviation else { continue }
      let maximum = deviation.largestRelativeToMagnitude
      check(
        maximum <= thresholds.tapMaximum,
        "\(tap.name): largest difference over largest magnitude \(figure(maximum)), tap-max allows "
          + figure(thresholds.tapMaximum))
      check(
        deviation.relativeRMS <= thresholds.tapRMS,
        "\(tap.name): relative RMS error \(figure(deviation.relativeRMS)), tap-rms allows \(figure(thresholds.tapRMS))"
      )
    }
    let output = run.output
    if let maximum = output.largestScoreDifference, let rms = judgedScoreRMS(of: run) {
      check(
        maximum <= scoreMaximum(of: run),
        "scores: largest difference \(figure(maximum)), score-max allows \(figure(scoreMaximum(of: run)))")
      check(
        rms <= thresholds.scoreRMS,
        "scores: relative RMS difference \(figure(rms))"
          + (scoreFloor(of: run).map { " of the floor \(figure($0))" } ?? "")
          + ", score-rms allows \(figure(thresholds.scoreRMS))")
    }
    if let share = output.equalLabelsWithinMargin {
      check(
        share >= thresholds.labels,
        "labels: \(figure(share)) of the pixels agree within a margin of "
          + "\(figure(thresholds.margin)), labels asks for \(figure(thresholds.labels))")
    }
    for (stage, share) in output.keptClasses.enumerated() {
      check(
        share >= thresholds.keptClasses,
        "early rejection \(stage): \(figure(share)) of the classes agree, kept-classes asks for "
          + figure(thresholds.keptClasses))
    }
    return failures
  }
}
