import SedgeArchitecture
import SedgeCalibration
import SedgeFolding
import SedgeHDF5
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

@Suite("Input statistics")
struct CalibrationTests {
  private static let preprocessing = Preprocessing(resolution: 64)

  /// The weights of a model of `Fixtures`, folded.
  private static func weights(_ name: String) throws -> FoldedModel {
    let path = fixture(name)
    let archive: any TensorArchive =
      try name.hasSuffix(".h5") ? HDF5Archive(path: path) : SafetensorsArchive(path: path)
    return try FoldedModel(
      Checkpoint(archive, options: ArchitectureOptions(textHeads: 2)), preprocessing: preprocessing,
      folding: true)
  }

  /// A picture with something everywhere, always the same.
  private static func picture(height: Int, width: Int, seed: Int = 0) -> CalibrationPicture {
    CalibrationPicture(
      pixels: (0..<height * width * 3).map { UInt8(truncatingIfNeeded: ($0 + seed) &* 2_654_435_761 >> 7) },
      height: height, width: width)
  }

  /// Unit vectors of five classes.
  private static func textFeatures(_ architecture: Architecture) -> Tensor {
    let shape = [5, architecture.decoder?.promptCount ?? 1, architecture.image.embeddingWidth]
    var values = random(shape.reduce(1, *), seed: 1)
    for start in stride(from: 0, to: values.count, by: shape[2]) {
      let length = values[start..<start + shape[2]].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for i in start..<start + shape[2] { values[i] /= length }
    }
    return Tensor(shape: shape, values: values)
  }

  private static let tokens: [[[[Int32]]]] = [[[[298, 5, 7, 299]], [[298, 5, 9, 11, 299]]]]

  private static func inputs(
    _ architecture: Architecture, pictures: Int = 1, tokens: [[[[Int32]]]] = [], vectors: Int = 1 << 30
  ) -> CalibrationInputs {
    CalibrationInputs(
      pictures: (0..<pictures).map { picture(height: 50 + $0, width: 70, seed: $0) },
      textFeatures: textFeatures(architecture), tokens: tokens, vectorsPerPicture: vectors)
  }

  private static func collect(
    _ calibration: Calibration, _ names: Set<String>? = nil, byteBudget: Int = 1 << 30
  ) throws -> [String: InputStatistics] {
    var result: [String: InputStatistics] = [:]
    try calibration.forEachLayer(names ?? Set(calibration.layerNames), byteBudget: byteBudget) {
      #expect(result.updateValue($1, forKey: $0) == nil, "\($0) comes once")
    }
    return result
  }

  // MARK: Which layers

  @Test(
    "Every layer of a model is met, and nothing else",
    arguments: ["tiny/linear.h5", "tiny/mlp.h5", "clip/linear.safetensors", "clip/mlp.safetensors"])
  func layers(name: String) throws {
    let weights = try Self.weights(name)
    let roles: [TensorRole] = [.linear, .convolution, .depthwiseConvolution, .transposedConvolution]
    let layers = weights.modelTensors.filter { roles.contains($0.role) }
    let calibration = try Calibration(
      weights: weights, preprocessing: Self.preprocessing,
      inputs: Self.inputs(weights.architecture, tokens: Self.tokens), threads: 2)
    #expect(Set(calibration.layerNames) == Set(layers.map(\.name)))
    #expect(calibration.layerNames.count == layers.count)
    let statistics = try Self.collect(calibration)
    for layer in layers {
      switch try #require(statistics[layer.name]) {
      case .vectors(let statistics):
        let width =
          layer.role == .transposedConvolution ? layer.shape[3] : layer.shape.dropFirst().reduce(1, *)
        #expect(statistics.mean.count == width && statistics.secondMoment.count == width * width)
        #expect(statistics.sampleCount > 0 && layer.role != .depthwiseConvolution)
      case .channels(let statistics):
        #expect(statistics.mean.count == layer.shape[2] && statistics.meanSquare.count == layer.shape[2])
        #expect(statistics.sampleCount > 0 && layer.role == .depthwiseConvolution)
      }
    }
  }

  @Test("Without prompts or without images, only the layers of one part are visited")
  func parts() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let isText = { (name: String) in name.contains(".transformer.") || name.hasSuffix(".text_projection") }
    let images = try Calibration(
      weights: weights, preprocessing: Self.preprocessing, inputs: Self.inputs(weights.architecture))
    #expect(!images.layerNames.isEmpty && !images.layerNames.contains(where: isText))
    let texts = try Calibration(
      weights: weights, preprocessing: Self.preprocessing,
      inputs: Self.inputs(weights.architecture, pictures: 0, tokens: Self.tokens))
    #expect(!texts.layerNames.isEmpty && texts.layerNames.allSatisfy(isText))
  }

  // MARK: Values

  /// N x C x H x W as the vectors of squares of pixels, zeros around the image.
  private static func vectors(_ tap: Tensor, side: Int = 1, stride: Int = 1, padding: Int = 0) -> [[Double]] {
    let (height, width) = (tap.shape[2], tap.shape[3])
    var result: [[Double]] = []
    for image in 0..<tap.shape[0] {
      for top in Swift.stride(from: -padding, through: height + padding - side, by: stride) {
        for left in Swift.stride(from: -padding, through: width + padding - side, by: stride) {
          var vector: [Double] = []
          for (y, x) in (0..<side).flatMap({ y in (0..<side).map { (top + y, left + $0) } }) {
            for channel in 0..<tap.shape[1] {
              let isInside = (0..<height).contains(y) && (0..<width).contains(x)
              let place = ((image * tap.shape[1] + channel) * height + y) * width + x
              vector.append(isInside ? Double(tap.values[isInside ? place : 0]) : 0)
            }
          }
          result.append(vector)
        }
      }
    }
    return result
  }

  /// Vectors at mean 0 and variance 1, but for the epsilon.
  private static func normalized(_ vectors: [[Double]], epsilon: Double) -> [[Double]] {
    vectors.map { vector in
      let mean = vector.reduce(0, +) / Double(vector.count)
      let variance = vector.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(vector.count)
      return vector.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }
  }

  /// Two float32 forward passes are compared, which differ in the order of their sums.
  private static func expectClose(
    _ actual: [Float], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let scale = expected.reduce(0) { max($0, abs($1)) }
    let distance = zip(actual, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    #expect(distance <= 1e-4 * scale, sourceLocation: sourceLocation)
  }

  private static func expect(
    _ statistics: InputStatistics?, of vectors: [[Double]], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let width = vectors[0].count
    let mean = (0..<width).map { i in vectors.reduce(0) { $0 + $1[i] } / Double(vectors.count) }
    switch try #require(statistics, sourceLocation: sourceLocation) {
    case .vectors(let statistics):
      #expect(statistics.sampleCount == vectors.count, sourceLocation: sourceLocation)
      expectClose(statistics.mean, mean, sourceLocation: sourceLocation)
      let moment = naiveMoment(vectors.joined().map(Float.init), width: width)
      expectClose(statistics.secondMoment, moment, sourceLocation: sourceLocation)
    case .channels(let statistics):
      #expect(statistics.sampleCount == vectors.count, sourceLocation: sourceLocation)
      expectClose(statistics.mean, mean, sourceLocation: sourceLocation)
      let squares = (0..<width).map { i in
        vectors.reduce(0) { $0 + $1[i] * $1[i] } / Double(vectors.count)
      }
      expectClose(statistics.meanSquare, squares, sourceLocation: sourceLocation)
    }
  }

  @Test("They are the moments of the layer inputs that the reference computes")
  func naive() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let inputs = Self.inputs(weights.architecture)
    let statistics = try Self.collect(
      Calibration(weights: weights, preprocessing: Self.preprocessing, inputs: inputs))
    let taps = Taps()
    let picture = inputs.pictures[0]
    _ = try SegmentationModel(
      weights: weights, preprocessing: Self.preprocessing, compute: Compute(.reference)
    ).segment(
      pixels: picture.pixels, height: picture.height, width: picture.width,
      textFeatures: inputs.textFeatures, topK: nil, taps: taps)
    let tap = { (name: String) in try #require(taps[name], "\(name)") }
    let (trunk, decoder) = ("clip_model.visual.trunk", "transformer")
    let kernel = try #require(weights.architecture.decoder).costKernel

    // The folded stem takes pixels as they are, the tap has them normalized.
    var pixels = try tap("input")
    let plane = pixels.count / 3
    for i in pixels.values.indices {
      pixels.values[i] *= Self.preprocessing.pixelStandardDeviation[i / plane]
      pixels.values[i] += Self.preprocessing.pixelMean[i / plane]
    }
    try Self.expect(
      statistics["\(trunk).stem.0.weight"], of: Self.vectors(pixels, side: 4, stride: 4))
    try Self.expect(
      statistics["clip_model.visual.head.proj.weight"],
      of: Self.normalized(Self.vectors(tap("res5")), epsilon: 1e-6))
    try Self.expect(
      statistics["\(decoder).conv1.weight"],
      of: Self.vectors(tap("cost_map"), side: kernel, padding: kernel / 2))
    try Self.expect(
      statistics["\(decoder).decoder_guidance_projection.0.0.weight"],
      of: Self.vectors(tap("res4"), side: 3, padding: 1))
    try Self.expect(
      statistics["\(decoder).decoder_corr_guidance_projection.0.0.weight"], of: Self.vectors(tap("cost_map")))
    try Self.expect(
      statistics["\(decoder).decoder1.cnext.dwconv.weight"], of: Self.vectors(tap("cost_embedding")))
    try Self.expect(
      statistics["\(decoder).decoder3.cnext.dwconv.weight"], of: Self.vectors(tap("decoder2")))
    try Self.expect(
      statistics["\(decoder).head1.weight"], of: Self.vectors(tap("decoder1"), side: 3, padding: 1))
    try Self.expect(
      statistics["\(decoder).head.weight"], of: Self.vectors(tap("decoder3"), side: 3, padding: 1))
  }

  @Test("Those of the text encoder are of the distinct beginnings of prompts")
  func text() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let statistics = try Self.collect(
      Calibration(
        weights: weights, preprocessing: Self.preprocessing,
        inputs: Self.inputs(weights.architecture, pictures: 0, tokens: Self.tokens)))
    let values = { (name: String) in
      try weights.values(of: #require(weights.modelTensors.first { $0.name == "clip_model.\(name)" }))
    }
    let (tokens, positions) = try (values("token_embedding.weight"), values("positional_embedding"))
    let width = tokens.shape[1]
    let beginnings = [(298, 0), (5, 1), (7, 2), (299, 3), (9, 2), (11, 3), (299, 4)]
    let vectors = beginnings.map { token, position in
      (0..<width).map {
        Double(tokens.values[token * width + $0]) + Double(positions.values[position * width + $0])
      }
    }
    try Self.expect(
      statistics["clip_model.transformer.resblocks.0.attn.in_proj_weight"],
      of: Self.normalized(vectors, epsilon: 1e-5))
  }

  @Test("Images have equal weight, and at most the requested number of vectors of each is used")
  func sampling() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let name = "transformer.head.weight"
    let count = { (pictures: Int, vectors: Int) in
      let calibration = try Calibration(
        weights: weights, preprocessing: Self.preprocessing,
        inputs: Self.inputs(weights.architecture, pictures: pictures, vectors: vectors))
      guard case .vectors(let statistics) = try Self.collect(calibration, [name])[name] else { return 0 }
      return statistics.sampleCount
    }
    // Five classes of 16 x 16 pixels.
    #expect(try count(1, 1 << 30) == 5 * 256)
    #expect(try count(3, 1 << 30) == 3 * 5 * 256)
    #expect(try count(3, 100) == 300)
  }

  @Test("They are the same bits on any number of threads and for any budget")
  func bits() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let collect = { (threads: Int, byteBudget: Int) in
      let calibration = try Calibration(
        weights: weights, preprocessing: Self.preprocessing,
        inputs: Self.inputs(weights.architecture, pictures: 2, tokens: Self.tokens, vectors: 300),
        threads: threads)
      return try Self.collect(calibration, byteBudget: byteBudget)
    }
    let expected = try collect(1, 1 << 30)
    #expect(!expected.isEmpty)
    #expect(try collect(3, 1 << 30) == expected)
    #expect(try collect(2, 1 << 17) == expected)
    #expect(try collect(2, 0) == expected)
  }

  // MARK: The course of it

  @Test("Progress counts the runs, of which a smaller budget takes more")
  func progress() throws {
    let weights = try Self.weights("tiny/linear.h5")
    let calibration = try Calibration(
      weights: weights, preprocessing: Self.preprocessing,
      inputs: Self.inputs(weights.architecture, pictures: 2, tokens: Self.tokens))
    let names = Set(calibration.layerNames.prefix(2) + calibration.layerNames.suffix(1))
    let runs = { (byteBudget: Int) in
      var steps: [[Int]] = []
      var order: [String] = []
      try calibration.forEachLayer(
        names, byteBudget: byteBudget, progress: { steps.append([$0, $1]) }, { name, _ in order.append(name) }
      )
      #expect(order == calibration.layerNames.filter(names.contains))
      return steps
    }
    #expect(try runs(1 << 30) == [[1, 3], [2, 3], [3, 3]])
    #expect(try runs(0) == [[1, 5], [2, 5], [3, 5], [4, 5], [5, 5]])
    #expect(try Self.collect(calibration, ["no such layer"]).isEmpty)
  }

  @Test("An error of the caller's comes through")
  func throwing() throws {
    struct Stop: Error {}
    let weights = try Self.weights("tiny/linear.h5")
    let calibration = try Calibration(
      weights: weights, preprocessing: Self.preprocessing, inputs: Self.inputs(weights.architecture))
    #expect(throws: Stop.self) {
      try calibration.forEachLayer([calibration.layerNames[0]]) { _, _ in throw Stop() }
    }
  }

  @Test("Inputs that are no numbers, or whose squares are none, are refused", arguments: [Float.nan, 1e30])
  func notFinite(number: Float) throws {
    let sound = try Self.weights("tiny/linear.h5")
    let last = "clip_model.visual.trunk.stages.2.blocks.1.mlp.fc2.bias"
    let calibration = try Calibration(
      weights: ChangedWeights(sound, numbers: [last: number]), preprocessing: Self.preprocessing,
      inputs: Self.inputs(sound.architecture))
    let name = "transformer.decoder_guidance_projection.0.0.weight"
    let error = #expect(throws: FormatError.self) { try Self.collect(calibration, [name]) }
    #expect(error == FormatError(.malformed("the layer's inputs are not all finite numbers"), tensor: name))
  }
}
