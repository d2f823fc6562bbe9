// How the parameters of CAT-Seg's cost aggregation are named.

extension ModelPath {
  /// CAT-Seg's cost aggregation and decoder.
  package static let aggregation = CostAggregation(name: decoder.name)

  /// Whether a tensor is a mask of shifted windows, whose shape tells their number and size.
  static func isWindowMask(_ name: String) -> Bool {
    name.hasSuffix("mask")
      && pattern(of: name) == pattern(of: aggregation.layers[0].windowBlocks[1].mask.name)
  }

  /// CAT-Seg's cost aggregation and decoder.
  package struct CostAggregation: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The convolution that embeds the cost map.
    package var costEmbedding: LayerPath { LayerPath(name: "\(name).conv1") }
    /// The convolution that makes the appearance guidance of the image's embedding.
    package var guidance: LayerPath { LayerPath(name: "\(name).guidance_projection.0") }
    /// The layer that makes the text guidance of a class's text features.
    package var textGuidance: LayerPath { LayerPath(name: "\(name).text_guidance_projection.0") }
    /// The layers of the aggregation.
    package var layers: ModuleList<AggregationLayer> { ModuleList(name: "\(name).layers") }
    /// The transposed convolutions of the image encoder's guidance; direct members of the model.
    package var upsampling: [LayerPath] { (1...2).map { LayerPath(name: "upsample\($0)") } }
    /// The convolution of each decoder layer's guidance.
    package var decoderGuidance: [LayerPath] {
      (0..<2).map { LayerPath(name: "\(name).decoder_guidance_projection.\($0).0") }
    }
    /// The two decoder layers.
    package var decoder: [UpsamplingLayer] { (1...2).map { UpsamplingLayer(name: "\(name).decoder\($0)") } }
    /// The convolution that makes the logits.
    package var head: LayerPath { LayerPath(name: "\(name).head") }
  }

  /// One layer of the aggregation: over space, then over classes.
  package struct AggregationLayer: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The norm of the appearance guidance, which both blocks read.
    package var guidanceNorm: NormPath { NormPath(name: "\(name).swin_block.guidance_norm") }
    /// The blocks over space: the second has shifted windows.
    package var windowBlocks: [WindowBlock] {
      (1...2).map { WindowBlock(name: "\(name).swin_block.block_\($0)") }
    }
    /// The block over classes.
    package var classBlock: ClassBlock { ClassBlock(name: "\(name).attention") }
  }

  /// Attention in windows and an MLP (Liu et al., "Swin Transformer"), with guidance for queries and keys.
  package struct WindowBlock: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The attention, a module of the next four layers.
    package var attention: String { "\(name).attn" }
    /// The norm before the attention.
    package var attentionNorm: NormPath { NormPath(name: "\(name).norm1") }
    /// The layer that makes the queries of features and guidance.
    package var query: LayerPath { LayerPath(name: "\(attention).q") }
    /// The layer that makes the keys of features and guidance.
    package var key: LayerPath { LayerPath(name: "\(attention).k") }
    /// The layer that makes the values of the features alone.
    package var value: LayerPath { LayerPath(name: "\(attention).v") }
    /// The layer behind the attention.
    package var projection: LayerPath { LayerPath(name: "\(attention).proj") }
    /// The norm before the MLP.
    package var mlpNorm: NormPath { NormPath(name: "\(name).norm2") }
    /// The layer that multiplies the width by 4.
    package var fc1: LayerPath { LayerPath(name: "\(name).mlp.fc1") }
    /// The layer that divides it by 4.
    package var fc2: LayerPath { LayerPath(name: "\(name).mlp.fc2") }
    /// The addends of the attention's products, which follow from the dimensions; a buffer of the checkpoint.
    package var mask: ParameterPath { ParameterPath("\(name).attn_mask") }
  }
}
