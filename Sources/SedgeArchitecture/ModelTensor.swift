// One tensor of a model as Sedge stores and runs it.

/// What a tensor is for, which decides how it may be folded and coded.
public enum TensorRole: String, CaseIterable, Hashable, Sendable {
  /// The matrix of a linear layer.
  case linear
  /// The filters of a dense convolution.
  case convolution
  /// The filters of a convolution with one input channel an output channel.
  case depthwiseConvolution
  /// The filters of a transposed convolution.
  case transposedConvolution
  /// One vector for each token of the vocabulary.
  case embedding
  /// One vector for each position of a prompt.
  case positionalEmbedding
  /// Added to a layer's output.
  case bias
  /// The factor of a normalization.
  case normScale
  /// The addend of a normalization.
  case normShift
  /// ConvNeXt's factor on a block's branch, one number a channel.
  case layerScale
  /// A single number, which a file keeps in its header.
  case scalar
  /// The text features of a class list: classes x ``Architecture/featuresPerClass`` x embedding.
  case textFeatures
}

/// The order of a tensor's dimensions.
public enum TensorLayout: String, CaseIterable, Hashable, Sendable {
  /// As the checkpoint has it; one dimension, or no matrix.
  case plain
  /// Linear: output, input.
  case oi
  /// Convolution and transposed convolution: output, height, width, input.
  case ohwi
  /// Depthwise convolution: height, width, channel.
  case hwc
}

/// Name, role and form of a tensor in the runner's layout.
public struct ModelTensor: Hashable, Sendable {
  /// The checkpoint's name, less its prefix, such as `clip_model.visual.trunk.stem.0.weight`.
  public var name: String
  /// What the tensor is for.
  public var role: TensorRole
  /// The order of the dimensions.
  public var layout: TensorLayout
  /// The dimensions, in the order of ``layout``.
  public var shape: [Int]

  /// Describes a tensor.
  public init(name: String, role: TensorRole, layout: TensorLayout, shape: [Int]) {
    self.name = name
    self.role = role
    self.layout = layout
    self.shape = shape
  }

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}
