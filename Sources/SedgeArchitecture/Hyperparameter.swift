// Hyperparameters that tensor shapes do not determine.

/// A number of a model that its tensors do not determine; the raw value is its name in files and on the command line.
package enum Hyperparameter: String, CaseIterable, Hashable, Sendable {
  /// Heads of the attention of what follows CLIP.
  case heads
  /// Heads of the text encoder.
  case textHeads = "text-heads"
  /// Heads of a vision transformer.
  case imageHeads = "image-heads"
  /// Whether transformers have QuickGELU, 1, or GELU, 0.
  case quickGELU = "quick-gelu"
  /// Pooling before class attention.
  case pooling
  /// The classes that CAT-Seg's class attention sees.
  case classLength = "class-length"
  /// Side of CAT-Seg's sliding windows in pixels.
  case slidingWindow = "sliding-window"
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
    case .imageHeads: "image heads"
    case .quickGELU: "QuickGELU"
    case .pooling: "pooling"
    case .classLength: "class length"
    case .slidingWindow: "sliding window"
    case .normEpsilon: "norm epsilon"
    case .resolution: "resolution"
    case .pixelMean: "pixel mean"
    case .pixelStandardDeviation: "pixel standard deviation"
    }
  }

  /// The hyperparameters of a model.
  package static func all(of architecture: Architecture) -> [Hyperparameter] {
    allCases.filter {
      switch $0 {
      case .heads, .pooling: architecture.segmenter != nil
      case .classLength, .slidingWindow: architecture.aggregation != nil
      case .imageHeads, .quickGELU: architecture.image.kind == .transformer
      case .textHeads, .normEpsilon, .resolution, .pixelMean, .pixelStandardDeviation: true
      }
    }
  }

  /// Numbers as text, whole ones without a fraction, separated by commas.
  package static func text(of values: [Float]) -> String {
    values.map { $0 == $0.rounded() && abs($0) < 1e9 ? String(Int($0)) : "\($0)" }.joined(separator: ",")
  }
}
