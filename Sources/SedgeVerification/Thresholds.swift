// The limits of a verification, by name.

/// The limits of a verification; a figure beyond one of them fails it.
public struct Thresholds: Hashable, Sendable, Codable {
  /// Relative RMS error of a tensor's decoded values; where each has a limit of its own, the largest of them.
  public var tensorRMS: Double
  /// Largest difference of an intermediate result, over its largest magnitude.
  public var tapMaximum: Double
  /// Relative RMS error of an intermediate result.
  public var tapRMS: Double
  /// Largest difference of a class's score at a pixel.
  public var scoreMaximum: Double
  /// Root mean square of the differences of all scores, over that of the reference's scores or, where that is smaller,
  /// ``scoreFloor(classCount:)``.
  public var scoreRMS: Double
  /// The score by which the reference may rate a pixel's label below its own for the label to count as the same.
  ///
  /// Rounding decides between classes that the reference scores almost alike.
  public var margin: Double
  /// Least share of pixels with the same label, within ``margin``.
  public var labels: Double
  /// Least share of the classes kept by either side that both keep, at every stage of early rejection.
  public var keptClasses: Double
  /// Where the limits come from, in words, by name.
  public var origins: [String: String] = [:]

  /// Collects the limits.
  public init(
    tensorRMS: Double, tapMaximum: Double, tapRMS: Double, scoreMaximum: Double, scoreRMS: Double,
    margin: Double,
    labels: Double, keptClasses: Double
  ) {
    self.tensorRMS = tensorRMS
    self.tapMaximum = tapMaximum
    self.tapRMS = tapRMS
    self.scoreMaximum = scoreMaximum
    self.scoreRMS = scoreRMS
    self.margin = margin
    self.labels = labels
    self.keptClasses = keptClasses
  }

  /// The floor of the reference's root mean square score, of which ``scoreRMS`` is a share.
  ///
  /// A pixel whose label is beyond ``margin`` has two scores whose differences are more than the margin apart, so that
  /// their squares add up to more than margin²/2. The share of such pixels is therefore less than 2 T d² / margin², for T
  /// classes and a root mean square d of all differences: where d is at most margin · √((1 - labels) / 2T), ``labels``
  /// holds whatever the scores are. The floor is that over ``scoreRMS``; 0 where a user gave ``scoreRMS``.
  public func scoreFloor(classCount: Int) -> Double {
    guard scoreRMS > 0, labels < 1, origins["score-rms"] != ErrorLimit.requested else { return 0 }
    return margin * ((1 - labels) / Double(2 * max(classCount, 1))).squareRoot() / scoreRMS
  }

  /// The limit of the largest difference of a class's score in a run: ``scoreMaximum``, in float32 at least what the limit of
  /// logits explains.
  ///
  /// Logits z may differ by the share 2e-5 of the largest magnitude (``tapMaximum``). A score is their sigmoid, whose slope
  /// is at most 1/4; a probability of a whole image is their softmax, which changes by at most 1/2 of the largest change.
  /// Interpolation between pixels enlarges neither.
  public func scoreMaximum(of output: OutputComparison) -> Double {
    guard origins["score-max"] == Self.float32Origin, let sensitivity = output.scoreSensitivity,
      sensitivity.isFinite
    else { return scoreMaximum }
    return max(scoreMaximum, Self.float32TapMaximum * sensitivity)
  }

  /// The largest difference of an intermediate result in float32, over its largest magnitude.
  static let float32TapMaximum = 2e-5
  /// The origin of the limits of float32.
  static let float32Origin = "float32"

  /// The names under which thresholds are set.
  public static let names = [
    "tensor-rms", "tap-max", "tap-rms", "score-max", "score-rms", "margin", "labels", "kept-classes",
  ]

  /// The limit of a name, which must be one of ``names``.
  public subscript(name: String) -> Double? {
    get { Self.path(of: name).map { self[keyPath: $0] } }
    set {
      if let path = Self.path(of: name), let newValue { self[keyPath: path] = newValue }
    }
  }

  private static func path(of name: String) -> WritableKeyPath<Thresholds, Double>? {
    switch name {
    case "tensor-rms": \.tensorRMS
    case "tap-max": \.tapMaximum
    case "tap-rms": \.tapRMS
    case "score-max": \.scoreMaximum
    case "score-rms": \.scoreRMS
    case "margin": \.margin
    case "labels": \.labels
    case "kept-classes": \.keptClasses
    default: nil
    }
  }
}
