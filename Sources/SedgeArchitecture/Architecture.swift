// The dimensions of a model, and the hyperparameters that the shapes of its tensors do not determine.

/// Every hyperparameter of a CLIP, and of what follows it in a segmentation model.
///
/// Names and meaning follow Radford et al., "Learning Transferable Visual Models From Natural Language Supervision"
/// (ICML 2021), and OpenCLIP; for the segmentation models, Xie et al., "SED: A Simple Encoder-Decoder for
/// Open-Vocabulary Semantic Segmentation", and Cho et al., "CAT-Seg: Cost Aggregation for Open-Vocabulary Semantic
/// Segmentation" (both CVPR 2024).
package struct Architecture: Hashable, Sendable {
  /// CLIP's ConvNeXt.
  package struct ConvNeXt: Hashable, Sendable {
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

  /// CLIP's image encoder.
  package var image: ImageEncoder
  /// CLIP's text encoder.
  package var text: TextEncoder
  /// What turns CLIP's features into scores of pixels; `nil` for CLIP alone.
  package var segmenter: Segmenter?
  /// Whether the MLPs of the transformers have QuickGELU, x · sigmoid(1.702 x), as OpenAI's CLIP; GELU otherwise.
  package var usesQuickGELU: Bool

  /// Collects the parts.
  package init(image: ImageEncoder, text: TextEncoder, segmenter: Segmenter?, usesQuickGELU: Bool = false) {
    self.image = image
    self.text = text
    self.segmenter = segmenter
    self.usesQuickGELU = usesQuickGELU
  }

  /// SED, or CLIP with a ConvNeXt where there is no decoder.
  package init(image: ConvNeXt, text: TextEncoder, decoder: Decoder?) {
    self.init(image: .convNeXt(image), text: text, segmenter: decoder.map(Segmenter.fusion))
  }

  /// Text feature vectors of one class: one for each prompt in SED and CAT-Seg, their normalized average in CLIP.
  package var featuresPerClass: Int { segmenter?.promptCount ?? 1 }

  /// SED-B, from CLIP `convnext_base_w_320`.
  package static let sedBase = Architecture(
    image: ConvNeXt(
      depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024], head: .linear, embeddingWidth: 640),
    text: TextEncoder(width: 640, heads: 10, layers: 12),
    decoder: Decoder(promptCount: 80, hiddenWidth: 128, widths: [64, 32, 16], guidanceWidths: [32, 16, 8]))

  /// SED-L, from CLIP `convnext_large_d_320`.
  package static let sedLarge = Architecture(
    image: ConvNeXt(
      depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536], head: .mlp(hiddenWidth: 1536), embeddingWidth: 768
    ),
    text: TextEncoder(width: 768, heads: 12, layers: 16),
    decoder: Decoder(promptCount: 80, hiddenWidth: 128, widths: [64, 32, 16], guidanceWidths: [32, 16, 8]))
}
