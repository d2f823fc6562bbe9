// CLIP: an image and text features to class probabilities.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

/// CLIP's image encoder, ready to classify images without training ("zero-shot", Radford et al., "Learning
/// Transferable Visual Models From Natural Language Supervision").
package final class ClassificationModel {
  /// The model's dimensions.
  package let architecture: Architecture
  /// The preprocessing of images; early rejection does not apply.
  package let preprocessing: Preprocessing
  private let foldState: FoldState
  private let logitScale: Float
  private let operators: any Operators
  private let encode: (_ input: Tensor, _ taps: Taps?) -> Tensor

  /// Loads the image encoder.
  ///
  /// - Parameters:
  ///   - logitScale: The logarithm of the factor of the cosines; by default that of the weights.
  ///   - compute: The arithmetic; results differ by rounding only.
  /// - Throws: `FormatError` where weights are missing or damaged, or the logit scale is unknown; `KernelSetError`
  ///   where `SEDGE_KERNELS` cannot be followed.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, logitScale: Float? = nil,
    compute: Compute = Compute()
  ) throws {
    let context = compute.arithmetic == .reference ? nil : try compute.context()
    try self.init(
      weights: weights, preprocessing: preprocessing, logitScale: logitScale, operators: compute.operators(),
      fusedOn: context)
  }

  /// Loads the image encoder to run on the given operators.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, operators: any Operators
  ) throws {
    try self.init(
      weights: weights, preprocessing: preprocessing, logitScale: weights.logitScale ?? 0,
      operators: operators, fusedOn: nil)
  }

  private init(
    weights: any WeightSource, preprocessing: Preprocessing, logitScale: Float?, operators: any Operators,
    fusedOn context: ExecutionContext?
  ) throws {
    guard let logitScale = logitScale ?? weights.logitScale else {
      throw FormatError(.missingTensor(nearest: nil), tensor: ModelPath.logitScale.name)
    }
    self.architecture = weights.architecture
    self.preprocessing = preprocessing
    self.foldState = weights.foldState
    self.logitScale = logitScale
    self.operators = operators
    let loader = WeightLoader(weights)
    switch weights.architecture.image {
    case .convNeXt(let encoder):
      let encoder = try ConvNeXtEncoder(encoder, loader)
      let features: (Tensor) -> ImageFeatures
      if let context {
        let (fused, pool) = (FusedImageEncoder(encoder, context), BufferPool())
        features = { fused.pooledFeatures(of: $0, pool) }
      } else {
        features = { encoder($0, pooled: true, operators) }
      }
      encode = { input, taps in
        let features = features(input)
        for (index, stage) in features.stages.enumerated() { taps?.recordImages("res\(index + 2)", stage) }
        return features.embedding
      }
    case .transformer(let encoder):
      let encoder = try VisionTransformerEncoder(encoder, loader)
      if let context {
        let pool = BufferPool()
        let fused = FusedVisionTransformer(
          encoder, side: preprocessing.resolution, for: .pooled, context)
        encode = { input, taps in fused.pooled(input, pool, taps: taps) }
      } else {
        encode = { encoder.pooled($0, operators, taps: $1) }
      }
    }
  }

  /// Classifies one image.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - textFeatures: T x P x D, unit vectors; T at least 1. The P vectors of a class are averaged and the average is normalized.
  ///   - taps: Records `input`, `res2`...`res5` of a ConvNeXt, `tokens`, `block0`... of a vision transformer, `embedding` (1 x D, not normalized), `logits` and `scores` (T).
  package func classify(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, taps: Taps? = nil
  ) -> Classification {
    precondition(pixels.count == height * width * 3 && !pixels.isEmpty)
    precondition(textFeatures.shape.count == 3 && textFeatures.shape[0] > 0)
    let embedding = self.embedding(ofPixels: pixels, height: height, width: width, taps: taps)
    taps?.record("embedding", embedding)
    let text = operators.averagePrompts(textFeatures)
    let cosines = operators.linear(
      operators.normalizeLength(embedding), weight: text.reshaped([text.shape[0], text.shape[2]]), bias: nil,
      activation: .identity)
    let logits = cosines.values.map { $0 * exponential(logitScale) }
    let probabilities = softmax(logits)
    if let taps {
      taps.record("logits", Tensor(shape: [logits.count], values: logits))
      taps.record("scores", Tensor(shape: [logits.count], values: probabilities))
    }
    return Classification(probabilities: probabilities)
  }

  /// Embeds one image: D, of length 1, in the space of text features.
  ///
  /// - Parameter pixels: RGB, height x width x 3, row by row.
  package func embedding(ofPixels pixels: [UInt8], height: Int, width: Int) -> Tensor {
    let embedding = self.embedding(ofPixels: pixels, height: height, width: width, taps: nil)
    return operators.normalizeLength(embedding).reshaped([embedding.count])
  }

  /// The embedding of an image: 1 x D, not normalized.
  private func embedding(ofPixels pixels: [UInt8], height: Int, width: Int, taps: Taps?) -> Tensor {
    let side = preprocessing.resolution
    let cropped = PillowResampler(.bicubic).centerSquare(
      pixels, height: height, width: width, side: side)
    var input = Tensor(shape: [1, side, side, 3], values: cropped.map(Float.init))
    let normalized = preprocessing.normalized(input)
    taps?.recordImages("input", normalized)
    if !foldState.pixelStatisticsFolded { input = normalized }
    return encode(input, taps).reshaped([1, architecture.image.embeddingWidth])
  }
}

/// Softmax; the exponentials are summed in float64.
private func softmax(_ logits: [Float]) -> [Float] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exponential($0 - largest) }
  let sum = powers.reduce(0.0) { $0 + Double($1) }
  return powers.map { Float(Double($0) / sum) }
}
