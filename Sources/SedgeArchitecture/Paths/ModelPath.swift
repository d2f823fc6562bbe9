// How the parameters of SED, CAT-Seg and CLIP are named; only files of this folder spell a name.

/// The parts of a model as trees of modules, which end in layers, norms and parameters.
///
/// `ModelPath.image.stages[2].blocks[5].fc1.weight` is one parameter. Names are those of SED's program without the
/// prefix of a file; ``SourceNaming`` translates them to the names in files of other programs. Another model kind adds
/// its parts in an extension, in a file of its own.
package enum ModelPath {
  /// CLIP's image encoder.
  package static let image = ImageEncoder(name: "clip_model.visual")
  /// CLIP's text encoder, whose modules are direct members of CLIP.
  package static let text = TextEncoder(name: "clip_model")
  /// The logarithm of the factor that CLIP multiplies cosines with.
  package static let logitScale = ParameterPath("clip_model.logit_scale")
  /// SED's decoder.
  package static let decoder = Decoder(name: "transformer")

  /// The start of every name in CLIP.
  static let clipPrefix = "clip_model."
  /// Whether a name belongs to CLIP: to an encoder, or to CLIP itself.
  package static func isInCLIP(_ name: String) -> Bool { name.hasPrefix(clipPrefix) }
  /// The start of every name in the image encoder's trunk.
  static let trunkPrefix = "clip_model.visual.trunk."

  /// Whether a tensor is the weight of the layer that reads the pixels: a ConvNeXt's stem, a vision transformer's patches.
  package static func readsPixels(_ name: String) -> Bool {
    name == image.stem.weight.name || name == vision.patches.weight.name
  }

  /// A name in which `#` stands for each number of a stage, of a block and of a layer.
  static func pattern(of name: String) -> String {
    var parts = name.nameParts
    for index in parts.indices.dropFirst()
    where lists.contains(parts[index - 1]) && Int(parts[index]) != nil {
      parts[index] = "#"
    }
    return parts.joined(separator: ".")
  }

  private static let lists: Set<Substring> = ["stages", "blocks", "resblocks", "layers"]
}

extension ModelPart {
  /// The part that a name belongs to, whether or not the part has such a tensor; `nil` for a name of no part, and for
  /// CLIP's logit scale.
  package init?(ofTensor name: String) {
    guard name != ModelPath.logitScale.name,
      let module = Self.modules.first(where: { name.hasPrefix($0.prefix) })
    else { return nil }
    self = module.part
  }

  /// The modules of each part; a module comes before the one that contains it.
  private static let modules: [(prefix: String, part: ModelPart)] =
    ModelPath.decoder.rejectionHeads.map { ("\($0.name).", .rejection) }
    + ModelPath.aggregation.upsampling.map { ("\($0.name).", .decoder) } + [
      ("\(ModelPath.decoder.name).", .decoder), ("\(ModelPath.image.name).", .image),
      ("\(ModelPath.text.name).", .text),
    ]
}

// MARK: - Image encoder

extension ModelPath {
  /// CLIP's ConvNeXt, a trunk of timm's with a projection.
  package struct ImageEncoder: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The convolution that reads the pixels.
    package var stem: LayerPath { LayerPath(name: "\(name).trunk.stem.0") }
    /// The norm of the stem's output.
    package var stemNorm: NormPath { NormPath(name: "\(name).trunk.stem.1") }
    /// The four stages.
    package var stages: ModuleList<Stage> { ModuleList(name: "\(name).trunk.stages") }
    /// The norm of the last stage's output.
    package var headNorm: NormPath { NormPath(name: "\(name).trunk.head.norm") }
    /// The only layer of a linear head.
    package var projection: LayerPath { LayerPath(name: "\(name).head.proj") }
    /// The first layer of an MLP head.
    package var fc1: LayerPath { LayerPath(name: "\(name).head.mlp.fc1") }
    /// The second layer of an MLP head.
    package var fc2: LayerPath { LayerPath(name: "\(name).head.mlp.fc2") }
  }

  /// One stage of the image encoder.
  package struct Stage: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The norm before the downsampling convolution; the first stage has none.
    package var downsampleNorm: NormPath { NormPath(name: "\(name).downsample.0") }
    /// The convolution that halves the resolution; the first stage has none.
    package var downsample: LayerPath { LayerPath(name: "\(name).downsample.1") }
    /// The stage's blocks.
    package var blocks: ModuleList<ConvNeXtBlock> { ModuleList(name: "\(name).blocks") }
  }

  /// One ConvNeXt block, of the image encoder or of the decoder.
  package struct ConvNeXtBlock: ModulePath {
    package let name: String
    /// The depthwise convolution.
    package let depthwise: LayerPath
    /// The norm of the depthwise convolution's output.
    package let norm: NormPath
    /// The layer that multiplies the width by 4.
    package let fc1: LayerPath
    /// The layer that divides it by 4.
    package let fc2: LayerPath

    /// The factor of each channel of the block's branch.
    package var layerScale: ParameterPath { ParameterPath("\(name).gamma") }

    /// Names a block of the image encoder.
    package init(name: String) {
      self.name = name
      depthwise = LayerPath(name: "\(name).conv_dw")
      norm = NormPath(name: "\(name).norm")
      fc1 = LayerPath(name: "\(name).mlp.fc1")
      fc2 = LayerPath(name: "\(name).mlp.fc2")
    }

    /// Names a block of the decoder.
    fileprivate init(decoderBlock name: String) {
      self.name = name
      depthwise = LayerPath(name: "\(name).dwconv")
      norm = NormPath(name: "\(name).norm")
      fc1 = LayerPath(name: "\(name).pwconv1")
      fc2 = LayerPath(name: "\(name).pwconv2")
    }
  }
}

// MARK: - Text encoder

extension ModelPath {
  /// CLIP's text transformer.
  package struct TextEncoder: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// One vector for each token of the vocabulary.
    package var tokenEmbedding: ParameterPath { ParameterPath("\(name).token_embedding.weight") }
    /// One vector for each position of a prompt.
    package var positionalEmbedding: ParameterPath { ParameterPath("\(name).positional_embedding") }
    /// The transformer, a module that has ``blocks`` alone.
    var transformer: String { "\(name).transformer" }
    /// The transformer's layers.
    package var blocks: ModuleList<TransformerBlock> { ModuleList(name: "\(transformer).resblocks") }
    /// The norm of the last block's output.
    package var finalNorm: NormPath { NormPath(name: "\(name).ln_final") }
    /// The layer into the space shared with images; in the checkpoint a matrix without bias, and no module.
    package var projection: LayerPath {
      let name = "\(name).text_projection"
      return LayerPath(name: name, weight: name, bias: "\(name).bias")
    }
  }

  /// One layer of a transformer, with attention and an MLP.
  package struct TransformerBlock: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The attention, a module of the two layers ``queryKeyValue`` and ``attentionProjection``.
    package var attention: String { "\(name).attn" }
    /// The norm before the attention.
    package var attentionNorm: NormPath { NormPath(name: "\(name).ln_1") }
    /// The layer that makes queries, keys and values, in this order.
    package var queryKeyValue: LayerPath {
      let name = "\(attention).in_proj"
      return LayerPath(name: name, weight: "\(name)_weight", bias: "\(name)_bias")
    }
    /// The layer behind the attention.
    package var attentionProjection: LayerPath { LayerPath(name: "\(attention).out_proj") }
    /// The norm before the MLP.
    package var mlpNorm: NormPath { NormPath(name: "\(name).ln_2") }
    /// The layer that multiplies the width by 4.
    package var fc1: LayerPath { LayerPath(name: "\(name).mlp.c_fc") }
    /// The layer that divides it by 4.
    package var fc2: LayerPath { LayerPath(name: "\(name).mlp.c_proj") }
  }
}

// MARK: - Decoder

extension ModelPath {
  /// SED's gradual fusion decoder.
  package struct Decoder: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The convolution that embeds the cost map.
    package var costEmbedding: LayerPath { LayerPath(name: "\(name).conv1") }
    /// The convolution of each layer's image guidance.
    package var guidance: [LayerPath] {
      (0..<3).map { LayerPath(name: "\(name).decoder_guidance_projection.\($0).0") }
    }
    /// The transposed convolution that makes each level of the cost pyramid.
    package var costPyramid: [LayerPath] {
      (0..<3).map { LayerPath(name: "\(name).decoder_corr_guidance_projection.\($0).0") }
    }
    /// The three layers.
    package var layers: [DecoderLayer] { (1...3).map { DecoderLayer(name: "\(name).decoder\($0)") } }
    /// The convolution that makes the logits.
    package var head: LayerPath { LayerPath(name: "\(name).head") }
    /// The convolutions that score the classes before each layer, for early rejection.
    package var rejectionHeads: [LayerPath] { (0..<3).map { LayerPath(name: "\(name).head\($0)") } }
  }

  /// One layer of the decoder.
  package struct DecoderLayer: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The aggregation over space.
    package var spatialBlock: ConvNeXtBlock { ConvNeXtBlock(decoderBlock: "\(name).cnext") }
    /// The aggregation over classes.
    package var classBlock: ClassBlock { ClassBlock(name: "\(name).attention") }
    /// The transposed convolution that doubles the resolution.
    package var upsample: LayerPath { UpsamplingLayer(name: name).upsample }
    /// The convolutions behind the skip connections, each with its norm.
    package var fusion: [(convolution: LayerPath, norm: NormPath)] { UpsamplingLayer(name: name).fusion }
  }

  /// A transposed convolution, then two convolutions over its output and guidance.
  package struct UpsamplingLayer: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The transposed convolution that doubles the resolution.
    package var upsample: LayerPath { LayerPath(name: "\(name).up") }
    /// The convolutions behind the skip connections, each with its norm.
    package var fusion: [(convolution: LayerPath, norm: NormPath)] {
      [0, 3].map { index in
        (
          LayerPath(name: "\(name).conv.double_conv.\(index)"),
          NormPath(name: "\(name).conv.double_conv.\(index + 1)")
        )
      }
    }
  }

  /// Attention over classes and an MLP.
  package struct ClassBlock: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// CAT-Seg's token of a class that is not there.
    package var paddingToken: ParameterPath { ParameterPath("\(name).padding_tokens") }
    /// CAT-Seg's text guidance of a class that is not there.
    package var paddingGuidance: ParameterPath { ParameterPath("\(name).padding_guidance") }
    /// The norm before the attention.
    package var attentionNorm: NormPath { NormPath(name: "\(name).norm1") }
    /// The layer that makes the queries.
    package var query: LayerPath { LayerPath(name: "\(name).attention.q") }
    /// The layer that makes the keys.
    package var key: LayerPath { LayerPath(name: "\(name).attention.k") }
    /// The layer that makes the values.
    package var value: LayerPath { LayerPath(name: "\(name).attention.v") }
    /// The norm before the MLP.
    package var mlpNorm: NormPath { NormPath(name: "\(name).norm2") }
    /// The layer that multiplies the width by 4.
    package var fc1: LayerPath { LayerPath(name: "\(name).MLP.0") }
    /// The layer that divides it by 4.
    package var fc2: LayerPath { LayerPath(name: "\(name).MLP.2") }
  }
}
