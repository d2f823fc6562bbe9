// The dimensions of CAT-Seg's cost aggregation.

extension Architecture {
  /// CAT-Seg's cost aggregation and decoder.
  ///
  /// The authors' program has these numbers under `MODEL.SEM_SEG_HEAD` and `TEST`.
  package struct CostAggregation: Hashable, Sendable {
    /// Prompt templates: the cost map's channels for each class.
    package var promptCount: Int
    /// Channels of the cost embedding and of the aggregation.
    package var hiddenWidth: Int
    /// Channels of the appearance guidance and of the text guidance.
    package var guidanceWidth: Int
    /// Layers of the aggregation: two Swin blocks and a class block each.
    package var layers: Int
    /// Heads of the attention over space and of that over classes; divides ``hiddenWidth``.
    package var heads: Int
    /// Pixels along each side of the features: of the cost map and of the aggregation.
    package var grid: Int
    /// Pixels along each side of a window of the attention over space; divides ``grid``.
    package var window: Int
    /// Side of the kernel that embeds the cost map, odd.
    package var costKernel: Int
    /// The size of the average pooling before class attention: 1 in the published evaluation, 2 in training.
    package var pooling: Int
    /// The classes that class attention sees: fewer are padded with learned tokens, of more the most present are kept.
    package var classLength: Int
    /// Channels of the two maps that the guidance of the image encoder is upsampled to, at twice and four times the grid.
    package var upsampledWidths: [Int]
    /// Output channels of the two decoder layers, each a multiple of ``Decoder/channelsPerGroup``.
    package var widths: [Int]
    /// Channels of guidance that each of the two decoder layers adds.
    package var guidanceWidths: [Int]

    /// Collects the dimensions; the defaults are those of CAT-Seg-B and CAT-Seg-L.
    package init(
      promptCount: Int = 1, hiddenWidth: Int = 128, guidanceWidth: Int = 128, layers: Int = 2, heads: Int = 4,
      grid: Int = 24, window: Int = 12, costKernel: Int = 7, pooling: Int = 1, classLength: Int = 256,
      upsampledWidths: [Int] = [256, 128], widths: [Int] = [64, 32], guidanceWidths: [Int] = [32, 16]
    ) {
      self.promptCount = promptCount
      self.hiddenWidth = hiddenWidth
      self.guidanceWidth = guidanceWidth
      self.layers = layers
      self.heads = heads
      self.grid = grid
      self.window = window
      self.costKernel = costKernel
      self.pooling = pooling
      self.classLength = classLength
      self.upsampledWidths = upsampledWidths
      self.widths = widths
      self.guidanceWidths = guidanceWidths
    }

    /// Input channels of the two decoder layers.
    package var inputWidths: [Int] { [hiddenWidth, widths[0]] }
    /// The pixels by which the windows of each layer's second block are shifted.
    package var shift: Int { grid > window ? window / 2 : 0 }

    /// Fewer layers of a vision transformer have no two blocks at a third and two thirds.
    package static let fewestLayers = 3

    /// The blocks of a vision transformer, counted from 0, whose outputs guide the decoder: at a third and two thirds.
    package static func guidanceBlocks(layers: Int) -> [Int] {
      [max(layers / 3, 1) - 1, max(2 * layers / 3, 1) - 1]
    }
  }

  /// CAT-Seg-B, from OpenAI's CLIP ViT-B/16.
  package static let catSegBase = Architecture(
    image: .transformer(
      VisionTransformer(width: 768, heads: 12, layers: 12, patch: 16, grid: 14, embeddingWidth: 512)),
    text: TextEncoder(width: 512, heads: 8, layers: 12), segmenter: .aggregation(CostAggregation()),
    usesQuickGELU: true)

  /// CAT-Seg-L, from OpenAI's CLIP ViT-L/14@336px.
  package static let catSegLarge = Architecture(
    image: .transformer(
      VisionTransformer(width: 1024, heads: 16, layers: 24, patch: 14, grid: 24, embeddingWidth: 768)),
    text: TextEncoder(width: 768, heads: 12, layers: 12), segmenter: .aggregation(CostAggregation()),
    usesQuickGELU: true)
}
