// Whole forward passes: pictures of any size, any number of classes, and everything that is recorded.

import SedgeArchitecture
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("Segmentation model")
struct SegmentationModelTests {
  private let classCount = 4

  private func textFeatures(_ weights: any WeightSource, classes: Int = 4) throws -> Tensor {
    try TextEncoder(weights).features(
      of: tokens(classes: classes, templates: weights.architecture.decoder?.promptCount ?? 0))
  }

  /// The label of every pixel by the scores of all classes: the first of the highest.
  private func labels(of scores: Tensor) -> [Int32] {
    let pixels = scores.count / scores.shape[0]
    return (0..<pixels).map { pixel in
      (0..<scores.shape[0]).reduce(0) { best, index in
        scores.values[index * pixels + pixel] > scores.values[best * pixels + pixel] ? index : best
      }
    }.map(Int32.init)
  }

  @Test(
    "Pictures of any size get a label for every pixel",
    arguments: [(1, 1), (1, 500), (500, 1), (64, 64), (33, 70)],
    [nil, 1, 2, 9])
  func sizes(size: (height: Int, width: Int), topK: Int?) throws {
    let weights = try tinyWeights(folding: true)
    let taps = Taps()
    let result = try model(weights).segment(
      pixels: picture(height: size.height, width: size.width), height: size.height, width: size.width,
      textFeatures: textFeatures(weights), topK: topK, taps: taps)
    #expect((result.height, result.width) == size)
    #expect(result.labels.count == size.height * size.width)
    #expect(result.bestScores.count == result.labels.count)
    #expect(result.bestScores.allSatisfy { (0...1).contains($0) })
    let scores = try #require(taps["scores"])
    #expect(scores.shape == [classCount, size.height, size.width])
    #expect(result.labels == labels(of: scores))
    let planes = result.labels.indices.map {
      scores.values[Int(result.labels[$0]) * result.labels.count + $0]
    }
    #expect(result.bestScores == planes)
    #expect(abs(result.shares(of: classCount).reduce(0, +) - 1) < 1e-12)
  }

  @Test("Rejected classes score 0 and win only where nothing scores more")
  func rejected() throws {
    let weights = try tinyWeights()
    let features = try textFeatures(weights)
    let taps = Taps()
    let result = try model(weights).segment(
      pixels: picture(height: 20, width: 30), height: 20, width: 30, textFeatures: features, topK: 1,
      taps: taps)
    let scores = try #require(taps["scores"])
    #expect(result.classes.count < classCount, "k = 1 is expected to drop a class of this model")
    for index in 0..<classCount where !result.classes.contains(index) {
      #expect(scores.values[index * 600..<(index + 1) * 600].allSatisfy { $0 == 0 })
    }
    #expect(taps.classes.map(\.name) == ["alive0", "alive1", "alive2"])
    #expect(taps.classes.last?.indices == result.classes)
    for (earlier, later) in zip(taps.classes, taps.classes.dropFirst()) {
      #expect(Set(later.indices).isSubset(of: earlier.indices))
    }
  }

  @Test("Where every score is 0, the first class has every pixel, rejected or not", arguments: [nil, 1])
  func allZero(topK: Int?) throws {
    let sound = try tinyWeights()
    let weights = ChangedWeights(
      sound, numbers: ["transformer.head.weight": 0, "transformer.head.bias": -1000])
    let result = try model(weights).segment(
      pixels: picture(height: 9, width: 9), height: 9, width: 9, textFeatures: textFeatures(sound), topK: topK
    )
    #expect(result.bestScores.allSatisfy { $0 == 0 })
    #expect(result.labels.allSatisfy { $0 == 0 })
  }

  @Test(
    "Weights that are no numbers give labels all the same",
    arguments: ["transformer.head.bias", "transformer.conv1.bias", "clip_model.visual.trunk.stem.0.bias"],
    [nil, 1, 2])
  func notNumbers(tensor: String, topK: Int?) throws {
    let sound = try tinyWeights()
    let weights = ChangedWeights(sound, numbers: [tensor: .nan])
    let result = try model(weights).segment(
      pixels: picture(height: 5, width: 7), height: 5, width: 7, textFeatures: textFeatures(sound), topK: topK
    )
    #expect(result.labels.allSatisfy { (0..<4).contains($0) })
    #expect(result.bestScores.allSatisfy { (0...1).contains($0) })
  }

  @Test("One class has every pixel", arguments: [nil, 1, 8])
  func oneClass(topK: Int?) throws {
    let weights = try tinyWeights(folding: true)
    let result = try model(weights).segment(
      pixels: picture(height: 10, width: 10), height: 10, width: 10,
      textFeatures: textFeatures(weights, classes: 1), topK: topK)
    #expect(result.classes == [0])
    #expect(result.labels.allSatisfy { $0 == 0 })
  }

  @Test("Two runs, with and without recording, give the same bits", arguments: [nil, 2])
  func repeatable(topK: Int?) throws {
    let weights = try tinyWeights(folding: true)
    let (model, features) = (try model(weights), try textFeatures(weights))
    let pixels = picture(height: 40, width: 50)
    let run = { (taps: Taps?) in
      model.segment(pixels: pixels, height: 40, width: 50, textFeatures: features, topK: topK, taps: taps)
    }
    let (first, second) = (Taps(), Taps())
    let results = [run(first), run(second), run(nil)]
    for (a, b) in zip(first.tensors, second.tensors) {
      #expect(a.name == b.name)
      #expect(a.tensor.values.map(\.bitPattern) == b.tensor.values.map(\.bitPattern), "\(a.name)")
    }
    for other in results.dropFirst() {
      #expect(other.labels == results[0].labels && other.bestScores == results[0].bestScores)
      #expect(other.classes == results[0].classes)
    }
  }

  @Test("Everything is recorded, in PyTorch's order of dimensions", arguments: [false, true])
  func taps(folding: Bool) throws {
    let weights = try tinyWeights(folding: folding)
    let taps = Taps()
    _ = try model(weights).segment(
      pixels: picture(height: 12, width: 34), height: 12, width: 34, textFeatures: textFeatures(weights),
      topK: nil, taps: taps)
    let expected: [(String, [Int])] = [
      ("input", [1, 3, 64, 64]), ("res2", [1, 8, 16, 16]), ("res3", [1, 12, 8, 8]), ("res4", [1, 16, 4, 4]),
      ("res5", [1, 24, 2, 2]), ("embedding", [1, 24, 2, 2]), ("cost_map", [4, 3, 2, 2]),
      ("cost_embedding", [4, 24, 2, 2]), ("aux0", [4, 2, 2]), ("decoder1", [4, 16, 4, 4]),
      ("aux1", [4, 4, 4]),
      ("decoder2", [4, 16, 8, 8]), ("aux2", [4, 8, 8]), ("decoder3", [4, 16, 16, 16]),
      ("logits", [4, 16, 16]),
      ("scores", [4, 12, 34]), ("labels", [12, 34]),
    ]
    #expect(taps.tensors.map(\.name) == expected.map(\.0))
    #expect(taps.tensors.map(\.tensor.shape) == expected.map(\.1))
    #expect(taps.classes.isEmpty)
    #expect(taps["nothing"] == nil)
  }

  @Test("With rejection, later results are those of the classes that are left")
  func tapsOfTheLiving() throws {
    let weights = try tinyWeights()
    let taps = Taps()
    _ = try model(weights).segment(
      pixels: picture(height: 8, width: 8), height: 8, width: 8, textFeatures: textFeatures(weights), topK: 1,
      taps: taps)
    let alive = taps.classes.map(\.indices.count)
    #expect(alive.count == 3)
    for (names, count) in [
      (["aux0"], 4), (["decoder1", "aux1"], alive[0]), (["decoder2", "aux2"], alive[1]),
      (["decoder3", "logits"], alive[2]),
    ] {
      for name in names { #expect(taps[name]?.shape[0] == count, "\(name)") }
    }
  }

  @Test("Class attention that pools more than there is is refused", arguments: [(64, 3), (32, 2), (64, 64)])
  func pooling(resolution: Int, pooling: Int) throws {
    let weights = try tinyWeights(options: ArchitectureOptions(textHeads: 2, pooling: pooling))
    let error = #expect(throws: FormatError.self) {
      try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: resolution))
    }
    let side = resolution / 32
    #expect(
      error?.kind
        == .malformed("class attention pools \(pooling) x \(pooling) of \(side) x \(side) features"))
  }

  @Test(
    "A model that lacks a tensor is refused and the tensor named",
    arguments: [
      "clip_model.visual.trunk.stem.0.weight", "transformer.head2.weight", "transformer.decoder3.up.weight",
    ])
  func missing(tensor: String) throws {
    let weights = ChangedWeights(try tinyWeights(), without: [tensor])
    let error = #expect(throws: FormatError.self) { try model(weights) }
    #expect(error == FormatError(.missingTensor(nearest: nil), tensor: tensor))
  }
}
