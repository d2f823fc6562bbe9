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
    /// The factor 1/sqrt(head width) of the softmax attention in a module, and the number of queries, the first outputs of the layers.
    case attentionScale(module: String, queries: Int, heads: Int)
    /// Pooling, upsampling and the division by the class count in a block over classes.
    case classBlock(ModelPath.ClassBlock)
    /// The division of text features by their length.
    case textFeatures
  }

  /// What is absorbed.
  var part: Part
  /// The layers that absorb it: all of its readers.
  var targets: [LayerPath]
  /// The first of the layers' inputs that come from the part; the inputs before it, and those behind, are not touched.
  var firstInput = 0
  /// Why it cannot be absorbed; `nil` where it can.
  var obstacle: String?

  init(_ part: Part, into targets: [LayerPath], at firstInput: Int = 0, obstacle: String? = nil) {
    self.part = part
    self.targets = targets
    self.firstInput = firstInput
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
    case .attentionScale(let module, _, _): module
    case .classBlock(let block): block.name
    case .textFeatures: "division by length in the cost map"
    }
  }
}
