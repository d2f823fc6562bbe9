// What a checkpoint's shapes do not determine.

/// Hyperparameters that leave no trace in a checkpoint's shapes; `nil` stands for the default.
public struct ArchitectureOptions: Hashable, Sendable {
  /// Heads of the decoder's attention over classes; 4 by default, as in the published models.
  public var heads: Int?
  /// Heads of the text encoder; by default one for every 64 channels, as in all of CLIP.
  public var textHeads: Int?
  /// Pooling before class attention; 1 by default, as in the published evaluation.
  public var pooling: Int?

  /// What the image encoder's norms add to the variance; by default what timm gives a ConvNeXt of these dimensions.
  public var normEpsilon: Float?
  /// Whether attributes, metadata and configuration files beside a checkpoint are not looked at.
  public var ignoresConfiguration = false
  /// What is taken of a decoder in the checkpoint; the encoders are always looked at.
  public var parts = Set(ModelPart.allCases)
  /// What the names of the model start with, such as `model_ema`, where a file holds several models; tensors of other
  /// names are passed over. `""` for names without any prefix.
  public var prefix: String?

  /// The options that lead to given dimensions, for the model whose names start with a prefix.
  public init(matching architecture: Architecture, prefix: String? = nil) {
    var parts: Set<ModelPart> = [.image, .text]
    if let decoder = architecture.decoder {
      parts.formUnion(decoder.hasRejectionHeads ? [.decoder, .rejection] : [.decoder])
    }
    self.init(
      heads: architecture.decoder?.heads, textHeads: architecture.text.heads,
      pooling: architecture.decoder?.pooling, normEpsilon: architecture.image.normEpsilon,
      parts: parts, prefix: prefix)
  }

  /// Collects the options.
  public init(
    heads: Int? = nil, textHeads: Int? = nil, pooling: Int? = nil, normEpsilon: Float? = nil,
    parts: Set<ModelPart> = Set(ModelPart.allCases), prefix: String? = nil
  ) {
    self.heads = heads
    self.textHeads = textHeads
    self.pooling = pooling
    self.normEpsilon = normEpsilon
    self.parts = parts
    self.prefix = prefix
  }
}
