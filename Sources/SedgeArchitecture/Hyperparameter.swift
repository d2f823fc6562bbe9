// Hyperparameters that tensor shapes do not determine.

/// A number of a model that its tensors do not determine; the raw value is its name in files and on the command line.
package enum Hyperparameter: String, CaseIterable, Hashable, Sendable {
  /// Heads of the decoder's attention over classes.
  case heads
  /// Heads of the text encoder.
  case textHeads = "text-heads"
  /// Pooling before class attention.
  case pooling
  /// The epsilon that the image encoder's norms add to the variance.
  case normEpsilon = "norm-eps"
  /// Side of the pictures in pixels.
  case resolution
  /// Mean of each channel over 0...255.
  case pixelMean = "pixel-mean"
  /// Standard deviation of each channel over 0...255.
  case pixelStandardDeviation = "pixel-std"

  /// Its name in words.
  package var text: String {
    switch self {
    case .heads: "heads"
    case .textHeads: "text heads"
    case .pooling: "pooling"
    case .normEpsilon: "norm epsilon"
    case .resolution: "resolution"
    case .pixelMean: "pixel mean"
    case .pixelStandardDeviation: "pixel standard deviation"
    }
  }

  /// The hyperparameters of a model: CLIP has none of the decoder's.
  package static func all(of architecture: Architecture) -> [Hyperparameter] {
    allCases.filter { architecture.decoder != nil || ![.heads, .pooling].contains($0) }
  }

  /// Numbers as text, whole ones without a fraction, separated by commas.
  package static func text(of values: [Float]) -> String {
    values.map { $0 == $0.rounded() && abs($0) < 1e9 ? String(Int($0)) : "\($0)" }.joined(separator: ",")
  }
}
