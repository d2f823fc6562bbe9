// The forward pass of each kind of model.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// Makes the forward pass of a model.
struct ForwardPassMaker {
  let weights: any WeightSource
  let preprocessing: Preprocessing
  /// The operators of passes that run operator by operator.
  let operators: any Operators
  /// The resources of accelerated passes; `nil` for the reference.
  let context: ExecutionContext?

  /// The pass of the weights' kind of model.
  ///
  /// - Throws: `FormatError` where weights are missing or damaged, or the preprocessing does not fit the model.
  func pass() throws -> any ForwardPass {
    let (architecture, loader) = (weights.architecture, WeightLoader(weights))
    switch (architecture.segmenter, architecture.image) {
    case (.fusion(let decoder), .convNeXt(let encoder)):
      try check(pooling: decoder.pooling, side: preprocessing.resolution / architecture.image.stride)
      return try fusionPass(
        ConvNeXtEncoder(encoder, loader), Decoder(decoder, foldState: weights.foldState, loader))
    case (.aggregation(let aggregation), .transformer(let encoder)):
      return try aggregationPass(encoder, aggregation, loader)
    case (nil, .convNeXt(let encoder)):
      return try densePass(ConvNeXtEncoder(encoder, loader))
    case (nil, .transformer(let encoder)):
      return try densePass(VisionTransformerEncoder(encoder, loader))
    default:
      throw FormatError(.malformed("has an image encoder that does not go with its decoder"))
    }
  }

  /// Whether text features are normalized again, as in the original.
  private var normalizesText: Bool { weights.foldState == .original }

  private func check(pooling: Int, side: Int) throws {
    guard pooling <= side else {
      throw FormatError(
        .malformed("class attention pools \(pooling) x \(pooling) of \(side) x \(side) features"))
    }
  }

  private func fusionPass(_ encoder: ConvNeXtEncoder, _ decoder: Decoder) -> any ForwardPass {
    guard let context else {
      return ReferencePass(encoder, decoder, normalizesText: normalizesText, operators: operators)
    }
    return FusedPass(encoder, decoder, normalizesText: normalizesText, context)
  }

  private func aggregationPass(
    _ encoder: Architecture.VisionTransformer, _ aggregation: Architecture.CostAggregation,
    _ loader: WeightLoader
  ) throws -> any ForwardPass {
    let side = encoder.patch * aggregation.grid
    guard preprocessing.resolution == side else {
      throw FormatError(
        .malformed("has a resolution of \(preprocessing.resolution), and its windows are for \(side)"))
    }
    try check(pooling: aggregation.pooling, side: aggregation.grid)
    let (image, decoder) = try (
      VisionTransformerEncoder(encoder, loader), CostAggregation(aggregation, loader)
    )
    guard let context else {
      return AggregationPass(
        image, decoder, normalizesText: normalizesText, windows: preprocessing.slidingWindows,
        operators: operators)
    }
    return FusedAggregationPass(
      image, decoder, side: side, normalizesText: normalizesText, windows: preprocessing.slidingWindows,
      context)
  }

  private func densePass(_ encoder: ConvNeXtEncoder) throws -> any ForwardPass {
    guard let context else { return densePass { [operators] in encoder($0, operators).embedding } }
    let (fused, pool) = (FusedImageEncoder(encoder, context), BufferPool())
    return densePass { fused.embedding(of: $0, pool) }
  }

  private func densePass(_ encoder: VisionTransformerEncoder) -> any ForwardPass {
    guard let context else { return densePass { [operators] in encoder.dense($0, operators).embedding } }
    let pool = BufferPool()
    let fused = FusedVisionTransformer(encoder, side: preprocessing.resolution, for: .dense, context)
    return densePass { fused.embedding(of: $0, pool) }
  }

  private func densePass(embed: @escaping (_ input: Tensor) -> Tensor) -> any ForwardPass {
    DensePass(logitScale: weights.logitScale ?? 0, operators: operators, embed: embed)
  }
}
