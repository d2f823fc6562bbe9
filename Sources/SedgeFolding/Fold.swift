// Which parts of SED's graph can be absorbed by their neighbours, and which cannot.

import SedgeArchitecture

/// A part of the graph and the layers that could absorb it.
struct Fold {
  var kind: FoldRecord.Kind
  /// The module that is absorbed.
  var source: String
  /// The layers that absorb it, all of its readers.
  var targets: [Layer]
  /// Why it cannot be absorbed; `nil` where it can.
  var obstacle: String?

  init(_ kind: FoldRecord.Kind, _ source: String, into targets: [Layer], obstacle: String? = nil) {
    self.kind = kind
    self.source = source
    self.targets = targets
    self.obstacle = obstacle
  }
}

/// A linear layer or convolution, by its tensors' names.
struct Layer: Hashable {
  var name: String
  var weight: String
  /// The bias; in the folded model even where the checkpoint has none.
  var bias: String

  init(_ name: String) {
    self.name = name
    if name.hasSuffix("in_proj") {
      (weight, bias) = ("\(name)_weight", "\(name)_bias")
    } else if name.hasSuffix("text_projection") {
      (weight, bias) = (name, "\(name).bias")
    } else {
      (weight, bias) = ("\(name).weight", "\(name).bias")
    }
  }
}

extension Architecture {
  /// Every part that a fold is thinkable for, in the order of the forward pass.
  var folds: [Fold] {
    imageFolds + textFolds + (decoder.map(Self.decoderFolds) ?? [])
  }

  private var imageFolds: [Fold] {
    let trunk = "\(PartName.image).trunk"
    var folds = [
      Fold(.pixelStatistics, "pixel mean and standard deviation", into: [Layer("\(trunk).stem.0")]),
      Fold(
        .norm, "\(trunk).stem.1", into: [],
        obstacle:
          "the residual of the first block reads it too, and the depthwise convolution pads with zeros"),
    ]
    for stage in image.depths.indices {
      let name = "\(trunk).stages.\(stage)"
      if stage > 0 {
        folds.append(Fold(.norm, "\(name).downsample.0", into: [Layer("\(name).downsample.1")]))
      }
      for block in 0..<image.depths[stage] {
        let name = "\(name).blocks.\(block)"
        folds.append(Fold(.norm, "\(name).norm", into: [Layer("\(name).mlp.fc1")]))
        folds.append(Fold(.layerScale, "\(name).gamma", into: [Layer("\(name).mlp.fc2")]))
      }
    }
    let head = image.head == .linear ? "head.proj" : "head.mlp.fc1"
    folds.append(Fold(.norm, "\(trunk).head.norm", into: [Layer("\(PartName.image).\(head)")]))
    return folds
  }

  private var textFolds: [Fold] {
    var folds: [Fold] = []
    for layer in 0..<text.layers {
      let name = "\(PartName.clip).transformer.resblocks.\(layer)"
      folds.append(Fold(.norm, "\(name).ln_1", into: [Layer("\(name).attn.in_proj")]))
      folds.append(Fold(.attentionScale, "\(name).attn", into: [Layer("\(name).attn.in_proj")]))
      folds.append(Fold(.norm, "\(name).ln_2", into: [Layer("\(name).mlp.c_fc")]))
    }
    folds.append(Fold(.norm, "\(PartName.clip).ln_final", into: [Layer("\(PartName.clip).text_projection")]))
    return folds
  }

  private static func decoderFolds(_ decoder: Decoder) -> [Fold] {
    var folds = [Fold(.textFeatures, "division by length in the cost map", into: [])]
    for layer in 1...3 {
      let name = "\(PartName.decoder).decoder\(layer)"
      let attention = "\(name).attention"
      folds.append(Fold(.norm, "\(name).cnext.norm", into: [Layer("\(name).cnext.pwconv1")]))
      folds.append(Fold(.layerScale, "\(name).cnext.gamma", into: [Layer("\(name).cnext.pwconv2")]))
      folds.append(
        Fold(
          .norm, "\(attention).norm1", into: ["q", "k", "v"].map { Layer("\(attention).attention.\($0)") }))
      folds.append(Fold(.norm, "\(attention).norm2", into: [Layer("\(attention).MLP.0")]))
      folds.append(
        Fold(
          .classBlock, attention, into: [],
          obstacle: decoder.pooling == 1
            ? nil : "pooling is \(decoder.pooling): the average and its upsampling stay"))
      for norm in [1, 4] {
        folds.append(
          Fold(
            .norm, "\(name).conv.double_conv.\(norm)", into: [],
            obstacle:
              "a ReLU stands between it and the next convolution, and its statistics come from the image"))
      }
    }
    return folds
  }
}
