// The tensors that a checkpoint of given dimensions must hold, by name and shape.

/// A tensor that the architecture calls for, as checkpoints have it and as the runner wants it.
public struct CheckpointTensor: Hashable, Sendable {
  /// The name, less the checkpoint's prefix; the model's tensor has the same.
  public var name: String
  /// What the tensor is for.
  public var role: TensorRole
  /// The shape in the checkpoint, PyTorch's order of dimensions.
  public var shape: [Int]
  /// The order of dimensions in the model.
  public var layout: TensorLayout
  /// Model dimension `i` is checkpoint dimension `axes[i]`; a dimension of 1 may be left out.
  public var axes: [Int]

  /// Whether a checkpoint without it is whole: CLIP's logit scale, which SED does not use and exporters leave out.
  public var isOptional: Bool { role == .scalar }

  /// The tensor in the runner's layout.
  public var modelTensor: ModelTensor {
    ModelTensor(name: name, role: role, layout: layout, shape: axes.map { shape[$0] })
  }
}

extension Architecture {
  /// Every tensor of a checkpoint of these dimensions, in the order of the forward pass; names are unique.
  public var checkpointTensors: [CheckpointTensor] {
    var list = TensorList()
    list.addImageEncoder(image)
    list.addTextEncoder(text, embeddingWidth: image.embeddingWidth)
    if let decoder { list.addDecoder(decoder, guidanceInputs: image.widths.prefix(3).reversed()) }
    return list.tensors
  }
}

extension Architecture {
  /// Every tensor of a stored model of these dimensions that is not folded, in the order of the forward pass.
  public var modelTensors: [ModelTensor] { checkpointTensors.filter { !$0.isOptional }.map(\.modelTensor) }
}

/// Names of the parts, as SED's program has them.
public enum PartName {
  /// CLIP's image encoder.
  public static let image = "clip_model.visual"
  /// The filters that the image meets first.
  public static let stemWeight = "\(image).trunk.stem.0.weight"
  /// CLIP's text encoder, whose parts are spread over CLIP itself.
  public static let clip = "clip_model"
  /// The decoder.
  public static let decoder = "transformer"
  /// The logarithm of what CLIP multiplies cosines with.
  public static let logitScale = "\(clip).logit_scale"

  /// Whether a tensor belongs to the text encoder.
  public static func isText(_ name: String) -> Bool {
    name.hasPrefix("\(clip).") && !name.hasPrefix("\(image).") && name != logitScale
  }
}

private struct TensorList {
  var tensors: [CheckpointTensor] = []

  mutating func add(_ name: String, _ role: TensorRole, _ shape: [Int], _ layout: TensorLayout, _ axes: [Int])
  {
    tensors.append(CheckpointTensor(name: name, role: role, shape: shape, layout: layout, axes: axes))
  }

  mutating func vector(_ name: String, _ role: TensorRole, _ count: Int) {
    add(name, role, [count], .plain, [0])
  }

  mutating func linear(_ name: String, outputs: Int, inputs: Int, bias: Bool = true) {
    add("\(name).weight", .linear, [outputs, inputs], .oi, [0, 1])
    if bias { vector("\(name).bias", .bias, outputs) }
  }

  mutating func convolution(_ name: String, outputs: Int, inputs: Int, kernel: Int, bias: Bool = true) {
    add("\(name).weight", .convolution, [outputs, inputs, kernel, kernel], .ohwi, [0, 2, 3, 1])
    if bias { vector("\(name).bias", .bias, outputs) }
  }

  mutating func transposedConvolution(_ name: String, outputs: Int, inputs: Int, kernel: Int) {
    add("\(name).weight", .transposedConvolution, [inputs, outputs, kernel, kernel], .ohwi, [1, 2, 3, 0])
    vector("\(name).bias", .bias, outputs)
  }

  mutating func depthwiseConvolution(_ name: String, channels: Int, kernel: Int) {
    add("\(name).weight", .depthwiseConvolution, [channels, 1, kernel, kernel], .hwc, [2, 3, 0])
    vector("\(name).bias", .bias, channels)
  }

  mutating func norm(_ name: String, width: Int) {
    vector("\(name).weight", .normScale, width)
    vector("\(name).bias", .normShift, width)
  }

  mutating func addImageEncoder(_ encoder: Architecture.ImageEncoder) {
    let trunk = "\(PartName.image).trunk"
    convolution("\(trunk).stem.0", outputs: encoder.widths[0], inputs: 3, kernel: 4)
    norm("\(trunk).stem.1", width: encoder.widths[0])
    for (stage, width) in encoder.widths.enumerated() {
      if stage > 0 {
        let before = encoder.widths[stage - 1]
        norm("\(trunk).stages.\(stage).downsample.0", width: before)
        convolution("\(trunk).stages.\(stage).downsample.1", outputs: width, inputs: before, kernel: 2)
      }
      for block in 0..<encoder.depths[stage] {
        let name = "\(trunk).stages.\(stage).blocks.\(block)"
        depthwiseConvolution("\(name).conv_dw", channels: width, kernel: encoder.kernel)
        norm("\(name).norm", width: width)
        linear("\(name).mlp.fc1", outputs: 4 * width, inputs: width)
        linear("\(name).mlp.fc2", outputs: width, inputs: 4 * width)
        vector("\(name).gamma", .layerScale, width)
      }
    }
    let last = encoder.widths[encoder.widths.count - 1]
    norm("\(trunk).head.norm", width: last)
    switch encoder.head {
    case .linear:
      linear("\(PartName.image).head.proj", outputs: encoder.embeddingWidth, inputs: last, bias: false)
    case .mlp(let hidden):
      linear("\(PartName.image).head.mlp.fc1", outputs: hidden, inputs: last)
      linear("\(PartName.image).head.mlp.fc2", outputs: encoder.embeddingWidth, inputs: hidden, bias: false)
    }
  }

  mutating func addTextEncoder(_ encoder: Architecture.TextEncoder, embeddingWidth: Int) {
    let (clip, width) = (PartName.clip, encoder.width)
    add("\(clip).token_embedding.weight", .embedding, [encoder.vocabularySize, width], .plain, [0, 1])
    add(
      "\(clip).positional_embedding", .positionalEmbedding, [encoder.contextLength, width], .plain, [0, 1])
    for layer in 0..<encoder.layers {
      let name = "\(clip).transformer.resblocks.\(layer)"
      norm("\(name).ln_1", width: width)
      add("\(name).attn.in_proj_weight", .linear, [3 * width, width], .oi, [0, 1])
      vector("\(name).attn.in_proj_bias", .bias, 3 * width)
      linear("\(name).attn.out_proj", outputs: width, inputs: width)
      norm("\(name).ln_2", width: width)
      linear("\(name).mlp.c_fc", outputs: 4 * width, inputs: width)
      linear("\(name).mlp.c_proj", outputs: width, inputs: 4 * width)
    }
    norm("\(clip).ln_final", width: width)
    // The one matrix that the checkpoint multiplies from the other side.
    add("\(clip).text_projection", .linear, [width, embeddingWidth], .oi, [1, 0])
    add(PartName.logitScale, .scalar, [], .plain, [])
  }

  mutating func addDecoder(_ decoder: Architecture.Decoder, guidanceInputs: [Int]) {
    let name = PartName.decoder
    convolution(
      "\(name).conv1", outputs: decoder.hiddenWidth, inputs: decoder.promptCount, kernel: decoder.costKernel)
    for (layer, inputs) in guidanceInputs.enumerated() {
      convolution(
        "\(name).decoder_guidance_projection.\(layer).0", outputs: decoder.guidanceWidths[layer],
        inputs: inputs,
        kernel: 3)
    }
    for (layer, inputs) in ([decoder.promptCount] + decoder.guidanceWidths.dropLast()).enumerated() {
      transposedConvolution(
        "\(name).decoder_corr_guidance_projection.\(layer).0", outputs: decoder.guidanceWidths[layer],
        inputs: inputs, kernel: 2)
    }
    for (layer, width) in decoder.inputWidths.enumerated() {
      addDecoderLayer(
        "\(name).decoder\(layer + 1)", width: width, outputs: decoder.widths[layer],
        guidance: decoder.guidanceWidths[layer], kernel: decoder.kernel)
    }
    convolution("\(name).head", outputs: 1, inputs: decoder.widths[2], kernel: 3)
    guard decoder.hasRejectionHeads else { return }
    for (layer, width) in decoder.inputWidths.enumerated() {
      convolution("\(name).head\(layer)", outputs: 1, inputs: width, kernel: 3)
    }
  }

  mutating func addDecoderLayer(_ name: String, width: Int, outputs: Int, guidance: Int, kernel: Int) {
    depthwiseConvolution("\(name).cnext.dwconv", channels: width, kernel: kernel)
    norm("\(name).cnext.norm", width: width)
    linear("\(name).cnext.pwconv1", outputs: 4 * width, inputs: width)
    linear("\(name).cnext.pwconv2", outputs: width, inputs: 4 * width)
    vector("\(name).cnext.gamma", .layerScale, width)
    norm("\(name).attention.norm1", width: width)
    for projection in ["q", "k", "v"] {
      linear("\(name).attention.attention.\(projection)", outputs: width, inputs: width)
    }
    norm("\(name).attention.norm2", width: width)
    linear("\(name).attention.MLP.0", outputs: 4 * width, inputs: width)
    linear("\(name).attention.MLP.2", outputs: width, inputs: 4 * width)
    transposedConvolution("\(name).up", outputs: width - guidance, inputs: width, kernel: 2)
    let joined = width + guidance
    for (convolution, inputs) in [(0, joined), (3, outputs)] {
      let conv = "\(name).conv.double_conv.\(convolution)"
      self.convolution(conv, outputs: outputs, inputs: inputs, kernel: 3, bias: false)
      norm("\(name).conv.double_conv.\(convolution + 1)", width: outputs)
    }
  }
}
