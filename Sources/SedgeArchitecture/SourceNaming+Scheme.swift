// The programs whose names of tensors are known.

extension SourceNaming {
  /// The naming schemes.
  package enum Scheme: String, Hashable, Sendable, CaseIterable {
    /// SED's: `clip_model.visual.trunk...`, `transformer.decoder1...`.
    case sed = "SED"
    /// OpenCLIP's and OpenAI's: `visual.trunk...` or `visual.transformer...`, the text encoder at the top or under `text.`.
    case openCLIP = "OpenCLIP"
    /// CLIPModel of Hugging Face's transformers: `vision_model.encoder.layers.0...`, `text_model...`.
    case clipModel = "CLIPModel"
    /// timm's ConvNeXt alone: `stem.0.weight`, `stages.0.blocks.0...`.
    case timm = "timm"
    /// timm's ConvNeXt as a source of features: `stem_0.weight`, `stages_0.blocks.0...`.
    case timmFeatures = "timm features"
    /// ConvNextModel of Hugging Face's transformers: `encoder.stages.0.layers.0...`.
    case transformers = "transformers"
    /// ConvNeXt's own program: `downsample_layers.0.0...`, `stages.0.0.dwconv...`.
    case original = "ConvNeXt"
    /// mmpretrain: `downsample_layers.0.0...`, `stages.0.0.depthwise_conv...`.
    case mmpretrain = "mmpretrain"
    /// torchvision: `features.0.0...`, `features.1.0.block.0...`.
    case torchvision = "torchvision"

    /// The trunk's names, where they are not timm's.
    var trunk: TrunkNaming? {
      switch self {
      case .sed, .openCLIP, .clipModel, .timm: nil
      case .timmFeatures: .timmFeatures
      case .transformers: .transformers
      case .original: .original
      case .mmpretrain: .mmpretrain
      case .torchvision: .torchvision
      }
    }

    /// Whether it has names for the trunk only.
    var isTrunkAlone: Bool { ![.sed, .openCLIP, .clipModel].contains(self) }
  }
}
