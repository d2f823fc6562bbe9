// The default codec of each tensor.

package import SedgeContainer
package import SedgeArchitecture
package import SedgeQuantization

/// The codec of a tensor, and the reason where it differs from the requested format.
package struct CodecRule: Hashable, Sendable {
  /// Tensors with fewer elements stay floats.
  package static let smallestCodedCount = 1024
  /// The additional bits of sensitive weights, and their largest bits.
  package static let (sensitiveBits, mostBits) = (4.0, 10.0)

  /// The codec and its target.
  package var choice: CodecChoice
  /// Why the tensor is stored as floats; `nil` where it is not, or where floats were requested.
  package var floatReason: FloatReason?

  /// Collects the fields.
  package init(choice: CodecChoice, floatReason: FloatReason? = nil) {
    self.choice = choice
    self.floatReason = floatReason
  }

  /// The rule for a tensor in a file of a requested format.
  ///
  /// Matrices of linear layers, embeddings and filters are integers. Depthwise filters, positional embeddings and the stem
  /// get ``sensitiveBits`` more: depthwise filters have few weights, and the stem's inputs are pixels far from zero, so
  /// that rounding errors do not average out. Biases, norms and the like are floats, float16 below 8 bits: few bytes, and
  /// their errors affect all outputs of a layer. Text features are float16. Raw files have float32, float16 and int8 with
  /// one scale for each row. Only the encoder sees whether an element is beyond float16.
  package init(for tensor: ModelTensor, requested: WeightFormat, storage: StorageMode = .compressed) {
    self = storage == .raw ? Self.mapped(tensor, requested) : Self.compressed(tensor, requested)
  }

  private static func compressed(_ tensor: ModelTensor, _ requested: WeightFormat) -> CodecRule {
    switch (requested, tensor.role) {
    case (.f32, _): return CodecRule(choice: .f32)
    case (.lossless, _): return CodecRule(choice: .f32Planes)
    case (.f16, .bias), (.f16, .normScale), (.f16, .normShift), (.f16, .layerScale), (.f16, .token),
      (.f16, .scalar):
      return CodecRule(choice: .f32Planes, floatReason: .role)
    case (.f16, _) where tensor.elementCount < smallestCodedCount:
      return CodecRule(choice: .f32Planes, floatReason: .small)
    case (.f16, _), (_, .textFeatures): return CodecRule(choice: .f16Planes)
    default: break
    }
    guard let bits = requested.bits else { return CodecRule(choice: .f32) }
    let sensitive = CodecChoice.trellis(.bits(min(bits + sensitiveBits, mostBits)))
    let float = bits < 8 ? CodecChoice.f16Planes : .f32Planes
    switch tensor.role {
    case _ where tensor.elementCount < smallestCodedCount && tensor.role.isCoded:
      return CodecRule(choice: float, floatReason: .small)
    case .convolution where ModelPath.readsPixels(tensor.name):
      return CodecRule(choice: sensitive)
    case .linear, .convolution, .transposedConvolution, .embedding:
      return CodecRule(choice: .trellis(.bits(bits)))
    case .depthwiseConvolution, .positionalEmbedding: return CodecRule(choice: sensitive)
    default: return CodecRule(choice: float, floatReason: .role)
    }
  }

  /// Without entropy coding.
  private static func mapped(_ tensor: ModelTensor, _ requested: WeightFormat) -> CodecRule {
    let rule: CodecRule =
      switch (requested, tensor.role) {
      case (.f32, _), (.lossless, _): CodecRule(choice: .f32)
      case (.f16, .depthwiseConvolution), (.f16, .positionalEmbedding), (_, .textFeatures):
        CodecRule(choice: .f16)
      case (.f16, _) where tensor.role.isCoded: CodecRule(choice: .f16)
      case (_, .convolution) where ModelPath.readsPixels(tensor.name):
        CodecRule(choice: .f32, floatReason: .stem)
      case (_, .depthwiseConvolution): CodecRule(choice: .f32, floatReason: .depthwise)
      case (_, .positionalEmbedding): CodecRule(choice: .f32, floatReason: .role)
      case _ where tensor.role.isCoded: CodecRule(choice: .int8)
      default: CodecRule(choice: .f32, floatReason: .role)
      }
    let isSmall = rule.choice != .f32 && tensor.elementCount < smallestCodedCount
    return isSmall ? CodecRule(choice: .f32, floatReason: .small) : rule
  }
}

extension TensorRole {
  /// Whether the role is of tensors with many weights.
  var isCoded: Bool {
    switch self {
    case .linear, .convolution, .depthwiseConvolution, .transposedConvolution, .embedding,
      .positionalEmbedding,
      .textFeatures:
      true
    case .bias, .normScale, .normShift, .layerScale, .token, .scalar: false
    }
  }
}
