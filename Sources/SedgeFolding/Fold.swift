// One part of the graph that its neighbours could absorb.

import SedgeArchitecture

/// A part of the graph and the layers that could absorb it.
struct Fold {
  /// What is absorbed.
  enum Part {
    /// The subtraction of the pixel mean and the division by the standard deviation.
    case pixelStatistics
    /// The scale and the shift of a norm.
    case norm(NormPath)
    /// The factor of each channel of a block's branch.
    case layerScale(ParameterPath)
    /// The factor 1/sqrt(head width) of the attention in a block of the text encoder.
    case attentionScale(ModelPath.TransformerBlock)
    /// Pooling, upsampling and the division by the class count in a layer of the decoder, 1 to 3.
    case classBlock(layer: Int)
    /// The division of text features by their length.
    case textFeatures
  }

  /// What is absorbed.
  var part: Part
  /// The layers that absorb it: all of its readers.
  var targets: [LayerPath]
  /// Why it cannot be absorbed; `nil` where it can.
  var obstacle: String?

  init(_ part: Part, into targets: [LayerPath], obstacle: String? = nil) {
    self.part = part
    self.targets = targets
    self.obstacle = obstacle
  }

  /// The kind of folding.
  var kind: FoldRecord.Kind {
    switch part {
    case .pixelStatistics: .pixelStatistics
    case .norm: .norm
    case .layerScale: .layerScale
    case .attentionScale: .attentionScale
    case .classBlock: .classBlock
    case .textFeatures: .textFeatures
    }
  }

  /// The absorbed module's name, as ``FoldRecord/source`` has it.
  var source: String {
    switch part {
    case .pixelStatistics: "pixel mean and standard deviation"
    case .norm(let norm): norm.name
    case .layerScale(let scale): scale.name
    case .attentionScale(let block): block.attention
    case .classBlock(let layer): ModelPath.decoder.layers[layer - 1].classBlock.name
    case .textFeatures: "division by length in the cost map"
    }
  }
}
