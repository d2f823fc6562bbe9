// The dimensions of a model, and the hyperparameters that the shapes of its tensors do not determine.

/// Every hyperparameter of a SED model, or of a CLIP with a ConvNeXt, which is SED without the decoder.
///
/// Names and meaning follow Xie et al., "SED: A Simple Encoder-Decoder for Open-Vocabulary Semantic Segmentation"
/// (CVPR 2024), and OpenCLIP's ConvNeXt models.
package struct Architecture: Hashable, Sendable {
  /// CLIP's ConvNeXt.
  package struct ImageEncoder: Hashable, Sendable {
    /// Blocks in each of the four stages.
    package var depths: [Int]
    /// Channels of each of the four stages.
    package var widths: [Int]
    /// The layers that project a pixel's features to its embedding.
    package var head: VisualHead
    /// Channels of the embedding, shared with the text encoder.
    package var embeddingWidth: Int
    /// Side of the depthwise kernels, odd.
    package var kernel: Int
    /// The epsilon that every norm adds to the variance.
    package var normEpsilon: Float

    /// Collects the dimensions.
    package init(
      depths: [Int], widths: [Int], head: VisualHead, embeddingWidth: Int, kernel: Int = 7,
      normEpsilon: Float = 1e-6
    ) {
      self.depths = depths
      self.widths = widths
      self.head = head
      self.embeddingWidth = embeddingWidth
      self.kernel = kernel
      self.normEpsilon = normEpsilon
    }

    /// The epsilon that timm gives a ConvNeXt of these dimensions: 1e-5 for `convnext_xxlarge`, 1e-6 for the others.
    package static func defaultNormEpsilon(depths: [Int], widths: [Int]) -> Float {
      depths == [3, 4, 30, 3] && widths == [384, 768, 1536, 3072] ? 1e-5 : 1e-6
    }
  }

  /// The layers that project the last stage's features into the space shared with text.
  package enum VisualHead: Hashable, Sendable {
    /// One matrix without bias.
    case linear
    /// A linear layer of `hiddenWidth` outputs, GELU, and a matrix without bias.
    case mlp(hiddenWidth: Int)
  }

  /// CLIP's text transformer.
  package struct TextEncoder: Hashable, Sendable {
    /// Channels of the residual stream.
    package var width: Int
    /// Attention heads of each layer; divides `width`.
    package var heads: Int
    /// Transformer layers.
    package var layers: Int
    /// Tokens of the longest prompt, start and end included.
    package var contextLength: Int
    /// Rows of the token embedding.
    package var vocabularySize: Int

    /// Collects the dimensions.
    package init(width: Int, heads: Int, layers: Int, contextLength: Int = 77, vocabularySize: Int = 49408) {
      self.width = width
      self.heads = heads
      self.layers = layers
      self.contextLength = contextLength
      self.vocabularySize = vocabularySize
    }
  }

  /// SED's gradual fusion decoder.
  package struct Decoder: Hashable, Sendable {
    /// Prompt templates: the cost map's channels for each class.
    package var promptCount: Int
    /// Channels of the cost embedding, the input of the first layer.
    package var hiddenWidth: Int
    /// Output channels of the three layers, each a multiple of ``channelsPerGroup``.
    package var widths: [Int]
    /// Channels of image guidance, and of the cost pyramid, that each of the three layers adds.
    package var guidanceWidths: [Int]
    /// Heads of the attention over classes; divides the layers' input channels.
    package var heads: Int
    /// Side of the layers' depthwise kernels, odd.
    package var kernel: Int
    /// Side of the kernel that embeds the cost map, odd.
    package var costKernel: Int
    /// The size of the average pooling before class attention: 1 in the published evaluation, 2 in training.
    package var pooling: Int
    /// Whether it has the three heads for early rejection; an exported graph that does not compute them does not have
    /// them.
    package var hasRejectionHeads: Bool

    /// Collects the dimensions.
    package init(
      promptCount: Int, hiddenWidth: Int, widths: [Int], guidanceWidths: [Int], heads: Int = 4,
      kernel: Int = 9,
      costKernel: Int = 7, pooling: Int = 1, hasRejectionHeads: Bool = true
    ) {
      self.promptCount = promptCount
      self.hiddenWidth = hiddenWidth
      self.widths = widths
      self.guidanceWidths = guidanceWidths
      self.heads = heads
      self.kernel = kernel
      self.costKernel = costKernel
      self.pooling = pooling
      self.hasRejectionHeads = hasRejectionHeads
    }

    /// Channels of each group of the decoder's GroupNorms.
    package static let channelsPerGroup = 16

    /// Input channels of the three layers.
    package var inputWidths: [Int] { [hiddenWidth] + widths.dropLast() }
  }

  /// CLIP's image encoder.
  package var image: ImageEncoder
  /// CLIP's text encoder.
  package var text: TextEncoder
  /// The decoder; `nil` for CLIP alone.
  package var decoder: Decoder?

  /// Collects the parts.
  package init(image: ImageEncoder, text: TextEncoder, decoder: Decoder?) {
    self.image = image
    self.text = text
    self.decoder = decoder
  }

  /// Text feature vectors of one class: one for each prompt in SED, their normalized average in CLIP.
  package var featuresPerClass: Int { decoder?.promptCount ?? 1 }

  /// SED-B, from CLIP `convnext_base_w_320`.
  package static let sedBase = Architecture(
    image: ImageEncoder(
      depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024], head: .linear, embeddingWidth: 640),
    text: TextEncoder(width: 640, heads: 10, layers: 12),
    decoder: Decoder(promptCount: 80, hiddenWidth: 128, widths: [64, 32, 16], guidanceWidths: [32, 16, 8]))

  /// SED-L, from CLIP `convnext_large_d_320`.
  package static let sedLarge = Architecture(
    image: ImageEncoder(
      depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536], head: .mlp(hiddenWidth: 1536), embeddingWidth: 768
    ),
    text: TextEncoder(width: 768, heads: 12, layers: 16),
    decoder: Decoder(promptCount: 80, hiddenWidth: 128, widths: [64, 32, 16], guidanceWidths: [32, 16, 8]))
}
