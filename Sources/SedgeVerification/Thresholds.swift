// What passes and what does not, by name.

/// The limits of a verification; a figure beyond one of them fails it.
public struct Thresholds: Hashable, Sendable, Codable {
  /// Relative RMS error of a tensor's decoded values.
  public var tensorRMS: Double
  /// Largest difference of an intermediate result, over its largest magnitude.
  public var tapMaximum: Double
  /// Relative RMS error of an intermediate result.
  public var tapRMS: Double
  /// Largest difference of a class's score at a pixel.
  public var score: Double
  /// Least share of pixels with the same label.
  public var labels: Double
  /// Least share of the classes kept by either side that both keep, at every stage of early rejection.
  public var keptClasses: Double

  /// Collects the limits.
  public init(
    tensorRMS: Double, tapMaximum: Double, tapRMS: Double, score: Double, labels: Double, keptClasses: Double
  ) {
    self.tensorRMS = tensorRMS
    self.tapMaximum = tapMaximum
    self.tapRMS = tapRMS
    self.score = score
    self.labels = labels
    self.keptClasses = keptClasses
  }

  /// The names under which thresholds are set.
  public static let names = ["tensor-rms", "tap-max", "tap-rms", "score", "labels", "kept-classes"]

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
    case "score": \.score
    case "labels": \.labels
    case "kept-classes": \.keptClasses
    default: nil
    }
  }
}
