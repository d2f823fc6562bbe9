// The numbers of a model that its tensors' shapes do not determine.

/// A number of a model that leaves no trace in its tensors; the raw value is its option on the command line.
public enum Hyperparameter: String, CaseIterable, Hashable, Sendable {
  /// Heads of the decoder's attention over classes.
  case heads
  /// Heads of the text encoder.
  case textHeads = "text-heads"
  /// Pooling before class attention.
  case pooling
  /// What the image encoder's norms add to the variance.
  case normEpsilon = "norm-eps"
  /// Side of the pictures in pixels.
  case resolution
  /// Mean of each channel over 0...255.
  case pixelMean = "pixel-mean"
  /// Standard deviation of each channel over 0...255.
  case pixelStandardDeviation = "pixel-std"

  /// Its name in words.
  public var text: String {
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

  /// Those that a model has: CLIP alone has none of the decoder's.
  public static func all(of architecture: Architecture) -> [Hyperparameter] {
    allCases.filter { architecture.decoder != nil || ![.heads, .pooling].contains($0) }
  }

  /// Numbers as people write them, separated by commas.
  public static func text(of values: [Float]) -> String {
    values.map { $0 == $0.rounded() && abs($0) < 1e9 ? String(Int($0)) : "\($0)" }.joined(separator: ",")
  }
}

/// How a hyperparameter's value is known.
public enum HyperparameterOrigin: Hashable, Sendable {
  /// By an option.
  case given
  /// From the checkpoint or a configuration file beside it: where.
  case found(place: String)
  /// From the only published model that has these dimensions: which.
  case derived(from: String)
  /// By a rule that nothing confirms: which.
  case assumed(rule: String)

  /// `given`, `found`, `derived` or `assumed`.
  public var name: String {
    switch self {
    case .given: "given"
    case .found: "found"
    case .derived: "derived"
    case .assumed: "assumed"
    }
  }

  /// The place, the published model or the rule.
  public var detail: String? {
    switch self {
    case .given: nil
    case .found(let text), .derived(let text), .assumed(let text): text
    }
  }

  /// Joins a name with its detail; `nil` for a name that is none.
  public init?(name: String, detail: String) {
    switch name {
    case "given": self = .given
    case "found": self = .found(place: detail)
    case "derived": self = .derived(from: detail)
    case "assumed": self = .assumed(rule: detail)
    default: return nil
    }
  }
}

/// A hyperparameter as a `.sedge` file remembers it; its value is among the dimensions and the preprocessing.
public struct HyperparameterRecord: Hashable, Sendable {
  /// The hyperparameter's option, such as `text-heads`; a file of a newer Sedge may have others.
  public var name: String
  /// How its value is known.
  public var origin: HyperparameterOrigin

  /// Collects the fields.
  public init(name: String, origin: HyperparameterOrigin) {
    self.name = name
    self.origin = origin
  }

  /// The hyperparameter, where this Sedge knows it.
  public var hyperparameter: Hyperparameter? { Hyperparameter(rawValue: name) }
}

extension Architecture {
  /// The value of a hyperparameter; `nil` for what the model does not have.
  public func value(of hyperparameter: Hyperparameter, _ preprocessing: Preprocessing) -> [Float]? {
    switch hyperparameter {
    case .heads: decoder.map { [Float($0.heads)] }
    case .textHeads: [Float(text.heads)]
    case .pooling: decoder.map { [Float($0.pooling)] }
    case .normEpsilon: [image.normEpsilon]
    case .resolution: [Float(preprocessing.resolution)]
    case .pixelMean: preprocessing.pixelMean
    case .pixelStandardDeviation: preprocessing.pixelStandardDeviation
    }
  }

  /// What a default rests on: a published model of these dimensions, or a rule.
  public func defaultOrigin(of hyperparameter: Hyperparameter) -> HyperparameterOrigin {
    switch hyperparameter {
    case .heads:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in SED-B and SED-L")
    case .pooling:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in the published evaluation")
    case .textHeads:
      (publishedByShapes ?? published { $0.text.hasShapes(of: text) }).map { .derived(from: $0.name) }
        ?? .assumed(rule: "text width / 64")
    case .normEpsilon:
      (publishedByShapes
        ?? published { $0.image.depths == image.depths && $0.image.widths == image.widths })
        .map { .derived(from: $0.name) } ?? .assumed(rule: "as in timm's ConvNeXts")
    case .resolution: resolutionOrigin
    case .pixelMean, .pixelStandardDeviation: .derived(from: "CLIP")
    }
  }

  private var resolutionOrigin: HyperparameterOrigin {
    guard let published = publishedByShapes else {
      return .assumed(rule: decoder == nil ? "as in most of OpenCLIP's models" : "as in SED-B and SED-L")
    }
    guard let other = published.otherResolution else { return .derived(from: published.name) }
    return .assumed(rule: "published for \(published.resolution) and for \(other)")
  }

  /// The published model whose tensors have the shapes of this one's.
  private var publishedByShapes: PublishedModel? {
    published { other in
      let (image, decoder) = (other.image, other.decoder)
      guard image.depths == self.image.depths, image.widths == self.image.widths,
        image.head == self.image.head,
        image.embeddingWidth == self.image.embeddingWidth, image.kernel == self.image.kernel,
        other.text.hasShapes(of: text), (decoder == nil) == (self.decoder == nil)
      else { return false }
      guard var decoder, let own = self.decoder else { return true }
      (decoder.heads, decoder.pooling, decoder.hasRejectionHeads) = (
        own.heads, own.pooling, own.hasRejectionHeads
      )
      return decoder == own
    }
  }

  private func published(_ matches: (Architecture) -> Bool) -> PublishedModel? {
    PublishedModel.all.first { matches($0.architecture) }
  }
}

extension Architecture.TextEncoder {
  fileprivate func hasShapes(of other: Architecture.TextEncoder) -> Bool {
    width == other.width && layers == other.layers && contextLength == other.contextLength
      && vocabularySize == other.vocabularySize
  }
}
