// The result of classifying an image.

/// The class probabilities of one image.
public struct Classification: Sendable {
  /// One probability for each class; they sum to 1.
  public var probabilities: [Float]

  /// Takes the probabilities of at least one class.
  public init(probabilities: [Float]) { self.probabilities = probabilities }

  /// The index of the most probable class, the first among equals.
  public var best: Int {
    probabilities.indices.max { (probabilities[$0], $1) < (probabilities[$1], $0) } ?? 0
  }
}
