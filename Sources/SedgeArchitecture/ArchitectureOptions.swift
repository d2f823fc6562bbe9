// Options for hyperparameters that tensor shapes do not determine.

/// Hyperparameters that tensor shapes do not determine; `nil` stands for the default.
public struct ArchitectureOptions: Hashable, Sendable {
  /// Heads of the attention of what follows CLIP; 4 by default, as in the published models.
  public var heads: Int?
  /// Heads of the text encoder; by default one for every 64 channels, as in all of CLIP.
  public var textHeads: Int?
  /// Pooling before class attention; 1 by default, as in the published evaluation.
  public var pooling: Int?

  /// Heads of a vision transformer; by default one for every 64 channels, or as in the published model of its dimensions.
  public var imageHeads: Int?
  /// Whether the transformers of a CLIP with a vision transformer have QuickGELU; by default what the file says, and GELU where it says
  /// nothing.
  public var quickGELU: Bool?
  /// The classes that CAT-Seg's class attention sees; 256 by default, as in the published models.
  public var classLength: Int?
  /// The epsilon of the image encoder's norms; by default timm's for a ConvNeXt of these dimensions, 1e-5 for a vision transformer.
  public var normEpsilon: Float?
  /// Whether attributes, metadata and configuration files next to a checkpoint are ignored.
  public var ignoresConfiguration = false
  /// The requested parts; the decoder's are omitted unless they are in the set, the encoders are always read.
  public var parts = Set(ModelPart.allCases)
  /// The prefix of the model's names, such as `model_ema`, in a file with several models; tensors of other
  /// names are passed over. `""` for names without any prefix.
  public var prefix: String?

  /// The options that give a model with a prefix the given dimensions.
  package init(matching architecture: Architecture, prefix: String? = nil) {
    var parts: Set<ModelPart> = [.image, .text]
    if architecture.segmenter != nil {
      parts.formUnion(architecture.hasRejectionHeads ? [.decoder, .rejection] : [.decoder])
    }
    self.init(
      heads: architecture.segmenter?.heads, textHeads: architecture.text.heads,
      pooling: architecture.segmenter?.pooling, normEpsilon: architecture.image.normEpsilon,
      parts: parts, prefix: prefix)
    imageHeads = architecture.image.transformer?.heads
    quickGELU = architecture.image.kind == .transformer ? architecture.usesQuickGELU : nil
    classLength = architecture.aggregation?.classLength
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
