// SED, CAT-Seg, or CLIP at every pixel: an image and text features to a label for every pixel.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

/// A segmentation model, ready to run: SED, CAT-Seg, or CLIP without anything behind it.
///
/// The model is the image encoder and what follows it; text features come from a ``TextEncoder`` or from a file.
package final class SegmentationModel {
  /// The model's dimensions.
  package let architecture: Architecture
  /// The preprocessing of images.
  package let preprocessing: Preprocessing
  private let foldState: FoldState
  private let workers: Workers
  private let pass: any ForwardPass
  private let context: ExecutionContext?

  /// Loads the model without its text encoder.
  ///
  /// - Parameter compute: The arithmetic; results differ by rounding only.
  /// - Throws: `FormatError` where weights are missing or damaged, or the preprocessing does not fit the model, such as class attention
  ///   that pools more pixels than the features have; `KernelSetError` where `SEDGE_KERNELS` cannot be followed.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, compute: Compute = Compute()
  ) throws {
    let context = compute.arithmetic == .reference ? nil : try compute.context()
    try self.init(
      weights, preprocessing, Workers(count: compute.threads), operators: compute.operators(), context)
  }

  /// Loads the model to run on the given operators.
  package convenience init(
    weights: any WeightSource, preprocessing: Preprocessing, operators: any Operators
  ) throws {
    try self.init(weights, preprocessing, Workers(), operators: operators, nil)
  }

  private init(
    _ weights: any WeightSource, _ preprocessing: Preprocessing, _ workers: Workers, operators: any Operators,
    _ context: ExecutionContext?
  ) throws {
    self.architecture = weights.architecture
    self.preprocessing = preprocessing
    self.foldState = weights.foldState
    self.workers = workers
    self.context = context
    self.pass = try ForwardPassMaker(
      weights: weights, preprocessing: preprocessing, operators: operators, context: context
    ).pass()
    // The weights are packed; the memory that they were read into is free.
    returnFreeMemory()
  }

  /// The multiply-adds of a segmentation, stage by stage, as this pass executes them; see `Architecture.operationCounts`.
  package func operationCounts(classes: [Int], windows: Int = 1) -> [OperationCount] {
    architecture.operationCounts(
      resolution: preprocessing.resolution, classes: classes, windows: windows, ConvolutionCounts(context))
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
    precondition(topK == nil || architecture.hasRejectionHeads)
    precondition(textFeatures.shape.count == 3 && textFeatures.shape[0] > 0)
    let input = image.input
    if let taps {
      let normalized = foldState.pixelStatisticsFolded ? preprocessing.normalized(input) : input
      let count = input.shape[0]
      for index in 0..<count {
        taps.recordImages(count == 1 ? "input" : "window\(index).input", normalized.images(index..<index + 1))
      }
    }
    return pass(
      input, height: image.height, width: image.width, text: textFeatures, topK: topK, taps: taps,
      times: times)
  }

  /// Embeds one image: D x h x w, h and w the resolution over the encoder's stride, each place's embedding of length 1, in the space of text features.
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
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - resizing: Another way than that of ``preprocessing``; one of this kind of model.
  package func prepare(
    pixels: [UInt8], height: Int, width: Int, resizing: ImageResizing? = nil
  ) -> PreparedImage {
    precondition(pixels.count == height * width * 3 && !pixels.isEmpty)
    var preprocessing = preprocessing
    if let resizing { preprocessing.resizing = resizing }
    let input = preprocessing.input(
      of: pixels, height: height, width: width, for: architecture.kind,
      isNormalized: !foldState.pixelStatisticsFolded,
      workers: workers)
    return PreparedImage(input: input, height: height, width: width)
  }
}
