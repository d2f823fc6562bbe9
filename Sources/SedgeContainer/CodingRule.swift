// Which codec a tensor gets.

public import SedgeArchitecture
public import SedgeQuantization

/// How a tensor is to be coded, and why not as was wished.
public struct CodingRule: Hashable, Sendable {
  /// Tensors with fewer elements stay float32.
  public static let smallestCodedCount = 1024

  /// The codec.
  public var codec: CodecIdentifier
  /// Why the tensor stays float32; `nil` where it does not, or where float32 was wished.
  public var floatReason: FloatReason?

  /// The rule for a tensor in a file of a wished form.
  ///
  /// int8 is for the matrices of linear layers, embeddings, and dense filters but the stem's, which are few and see
  /// pixels far from zero, so that what is rounded off does not average out; text features become float16 there,
  /// as they are multiplied once and decide the classes. float16 is for these, for depthwise filters and for
  /// positional embeddings. Whether an element is beyond float16 is seen only by the encoder.
  public init(for tensor: ModelTensor, wished: CodecIdentifier) {
    let (codec, reason) = Self.choice(of: tensor, wished: wished)
    let isSmall = codec != .f32 && tensor.elementCount < Self.smallestCodedCount
    self.codec = isSmall ? .f32 : codec
    self.floatReason = isSmall ? .small : reason
  }

  private static func choice(
    of tensor: ModelTensor, wished: CodecIdentifier
  ) -> (CodecIdentifier, FloatReason?) {
    switch (wished, tensor.role) {
    case (.f32, _): (.f32, nil)
    case (.int8, .convolution) where tensor.name == PartName.stemWeight: (.f32, .stem)
    case (_, .linear), (_, .convolution), (_, .transposedConvolution), (_, .embedding): (wished, nil)
    case (_, .textFeatures), (.f16, .depthwiseConvolution), (.f16, .positionalEmbedding): (.f16, nil)
    case (.int8, .depthwiseConvolution): (.f32, .depthwise)
    default: (.f32, .role)
    }
  }
}
