// The whole model: an image and text features to a label for every pixel.

public import SedgeArchitecture
public import SedgeOperators
public import SedgeTensor

/// SED, ready to run.
///
/// The image encoder and the decoder; text features come from a ``TextEncoder`` or from a file.
public final class Model {
  /// The model's dimensions.
  public let architecture: Architecture
  /// What happens before the encoder.
  public let preprocessing: Preprocessing
  private let weights: any WeightSource
  private let operators: any Operators
  private let imageEncoder: ImageEncoder
  private let decoder: Decoder

  /// Loads the image encoder and the decoder.
  ///
  /// - Throws: `FormatError` where there is no decoder, weights are missing or damaged, or class attention pools more
  ///   than there is.
  public init(
    weights: any WeightSource, preprocessing: Preprocessing, operators: any Operators = ReferenceOperators()
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
    self.weights = weights
    self.operators = operators
    self.imageEncoder = try ImageEncoder(weights.architecture.image, loader)
    self.decoder = try Decoder(decoder, form: weights.form, loader)
  }

  /// Segments one image.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - textFeatures: T x P x D, from ``TextEncoder/features(of:_:progress:)`` or stored in a file; T at least 1.
  ///   - topK: Category early rejection, at least 1; `nil` keeps all classes, and must where the model has no heads
  ///     for it.
  ///   - taps: Records every intermediate result; `nil` saves the work and the memory.
  public func segment(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?, taps: Taps? = nil
  ) -> Segmentation {
    precondition(pixels.count == height * width * 3 && !pixels.isEmpty)
    precondition(topK == nil || architecture.decoder?.hasRejectionHeads == true)
    precondition(textFeatures.shape.count == 3 && textFeatures.shape[0] > 0)
    let input = preprocess(pixels, height: height, width: width)
    taps?.recordImages("input", weights.form.pixelStatisticsFolded ? preprocessing.normalized(input) : input)
    let features = imageEncoder(input, operators)
    for (index, stage) in features.stages.enumerated() { taps?.recordImages("res\(index + 2)", stage) }
    taps?.recordImages("embedding", features.embedding)
    let (logits, classes) = decoder(
      features, text: textFeatures, normalizesText: weights.form == .original, topK: topK, operators,
      taps: taps)
    return label(
      logits, classes: classes, classCount: textFeatures.shape[0], height: height, width: width, taps: taps)
  }

  /// The encoder's input: 1 x R x R x 3, normalized, or 0...255 where the stem does that.
  private func preprocess(_ pixels: [UInt8], height: Int, width: Int) -> Tensor {
    var image = Tensor(shape: [1, height, width, 3], values: pixels.map(Float.init))
    if !weights.form.pixelStatisticsFolded { image = preprocessing.normalized(image) }
    let side = preprocessing.resolution
    return operators.resize(image, height: side, width: side, resampling: .halfPixel)
  }

  /// Probabilities at the image's size, class by class, and the best class of every pixel, the first among equals.
  private func label(
    _ logits: Tensor, classes: [Int], classCount: Int, height: Int, width: Int, taps: Taps?
  ) -> Segmentation {
    let kept = Set(classes)
    // A rejected class has probability 0 everywhere, and so has a pixel whose scores are no numbers.
    let firstRejected = (0..<classCount).first { !kept.contains($0) }
    var labels = [Int32](repeating: Int32(firstRejected ?? classes[0]), count: height * width)
    var best = [Float](repeating: 0, count: height * width)
    var scores = taps == nil ? nil : Tensor(zeros: [classCount, height, width])
    for (position, index) in classes.enumerated() {
      var plane = logits.images(position..<position + 1)
      for i in plane.values.indices { plane.values[i] = sigmoid(plane.values[i]) }
      let full = operators.resize(plane, height: height, width: width, resampling: .halfPixel)
      for (pixel, score) in full.values.enumerated()
      where score > best[pixel] || (score == best[pixel] && index < labels[pixel]) {
        best[pixel] = score
        labels[pixel] = Int32(index)
      }
      scores?.setImages(index..<index + 1, full)
    }
    if let taps, let scores {
      taps.record("scores", scores)
      taps.record("labels", Tensor(shape: [height, width], values: labels.map { Float($0) }))
    }
    return Segmentation(width: width, height: height, labels: labels, bestScores: best, classes: classes)
  }
}
