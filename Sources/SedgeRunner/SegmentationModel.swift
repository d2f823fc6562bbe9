// SED: an image and text features to a label for every pixel.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

/// SED, ready to run.
///
/// The model is the image encoder and the decoder; text features come from a ``TextEncoder`` or from a file.
package final class SegmentationModel {
  /// The model's dimensions.
  package let architecture: Architecture
  /// The preprocessing of images.
  package let preprocessing: Preprocessing
  private let foldState: FoldState
  private let workers: Workers
  private let pass: any ForwardPass

  /// Loads the image encoder and the decoder.
  ///
  /// - Parameter compute: The arithmetic; results differ by rounding only.
  /// - Throws: `FormatError` where there is no decoder, weights are missing or damaged, or class attention pools more
  ///   pixels than the features have; `KernelSetError` where `SEDGE_KERNELS` cannot be followed.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, compute: Compute = Compute()
  ) throws {
    let context = compute.arithmetic == .reference ? nil : try compute.context()
    let workers = Workers(count: compute.threads)
    try self.init(weights, preprocessing, workers) { encoder, decoder, normalizesText in
      guard let context else {
        return ReferencePass(
          encoder, decoder, normalizesText: normalizesText, operators: ReferenceOperators())
      }
      return FusedPass(encoder, decoder, normalizesText: normalizesText, context)
    }
  }

  /// Loads the image encoder and the decoder to run on the given operators.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, operators: any Operators
  ) throws {
    try self.init(weights, preprocessing, Workers()) { encoder, decoder, normalizesText in
      ReferencePass(encoder, decoder, normalizesText: normalizesText, operators: operators)
    }
  }

  private init(
    _ weights: any WeightSource, _ preprocessing: Preprocessing, _ workers: Workers,
    pass: (ImageEncoder, Decoder, _ normalizesText: Bool) -> any ForwardPass
  ) throws {
    guard let decoder = weights.architecture.decoder else {
      throw FormatError(.malformed("has no decoder, so it cannot segment"))
    }
    let (pooling, side) = (decoder.pooling, preprocessing.resolution / 32)
    guard pooling <= side else {
      throw FormatError(
        .malformed("class attention pools \(pooling) x \(pooling) of \(side) x \(side) features"))
    }
    let loader = WeightLoader(weights)
    self.architecture = weights.architecture
    self.preprocessing = preprocessing
    self.foldState = weights.foldState
    self.workers = workers
    self.pass = try pass(
      ImageEncoder(weights.architecture.image, loader),
      Decoder(decoder, foldState: weights.foldState, loader),
      weights.foldState == .original)
    // The weights are packed; the memory that they were read into is free.
    returnFreeMemory()
  }

  /// Segments one image.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - textFeatures: T x P x D, from ``TextEncoder/features(of:_:progress:)`` or stored in a file; T at least 1.
  ///   - topK: The k of category early rejection, at least 1; `nil` keeps all classes. Must be `nil` where the model has no rejection
  ///     heads.
  ///   - taps: Records intermediate results; `nil` saves time and memory.
  ///   - times: Records the time of each stage.
  package func segment(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?, taps: Taps? = nil,
    times: StageTimes? = nil
  ) -> Segmentation {
    let image = times.measure("preprocessing") { prepare(pixels: pixels, height: height, width: width) }
    return segment(image, textFeatures: textFeatures, topK: topK, taps: taps, times: times)
  }

  /// Segments an image of ``prepare(pixels:height:width:)``; see
  /// ``segment(pixels:height:width:textFeatures:topK:taps:times:)``.
  package func segment(
    _ image: PreparedImage, textFeatures: Tensor, topK: Int?, taps: Taps? = nil, times: StageTimes? = nil
  ) -> Segmentation {
    precondition(topK == nil || architecture.decoder?.hasRejectionHeads == true)
    precondition(textFeatures.shape.count == 3 && textFeatures.shape[0] > 0)
    let input = image.input
    taps?.recordImages("input", foldState.pixelStatisticsFolded ? preprocessing.normalized(input) : input)
    return pass(
      input, height: image.height, width: image.width, text: textFeatures, topK: topK, taps: taps,
      times: times)
  }

  /// Embeds one image: D x R/32 x R/32, each place's embedding of length 1, in the space of text features.
  ///
  /// - Parameter pixels: RGB, height x width x 3, row by row.
  package func embedding(ofPixels pixels: [UInt8], height: Int, width: Int) -> Tensor {
    let image = prepare(pixels: pixels, height: height, width: width)
    let places = ReferenceOperators().normalizeLength(pass.embedding(of: image.input))
    return places.permuted([0, 3, 1, 2]).reshaped([places.shape[3], places.shape[1], places.shape[2]])
  }

  /// Brings an image into the form that this model's encoder takes: normalized, or 0...255 where the normalization is folded into the
  /// stem.
  ///
  /// - Parameter pixels: RGB, height x width x 3, row by row.
  package func prepare(pixels: [UInt8], height: Int, width: Int) -> PreparedImage {
    precondition(pixels.count == height * width * 3 && !pixels.isEmpty)
    let input = preprocessing.input(
      of: pixels, height: height, width: width, isNormalized: !foldState.pixelStatisticsFolded,
      workers: workers)
    return PreparedImage(input: input, height: height, width: width)
  }
}
