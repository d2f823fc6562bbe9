// Decisions of early rejection that differ, and how close they were.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeRunner
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("Decisions of early rejection")
struct RejectionComparisonTests {
  private static func model() throws -> FoldedModel {
    try FoldedModel(
      Checkpoint(
        HDF5Archive(path: fixture("tiny/mlp.h5")),
        options: ArchitectureOptions(heads: 4, textHeads: 3, pooling: 1)),
      preprocessing: Preprocessing(resolution: 96), folding: true)
  }

  private static let classCount = 60
  private static let topK = 4

  /// Unit vectors without a pattern, which stand for classes.
  private static func features(promptCount: Int, width: Int) -> Tensor {
    var values = (0..<classCount * promptCount * width).map { index in
      Float(UInt32(truncatingIfNeeded: (index + 1) &* 2_654_435_761) >> 8) / Float(1 << 23) - 1
    }
    for row in 0..<classCount * promptCount {
      let range = row * width..<(row + 1) * width
      let length = values[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for i in range { values[i] /= length }
    }
    return Tensor(shape: [classCount, promptCount, width], values: values)
  }

  private static func record(_ weights: any WeightSource, topK: Int? = topK) throws -> RunRecord {
    let architecture = weights.architecture
    let model = try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: 96))
    // Of two colors: where neighbors differ less, fewer classes are the best of some pixel, and stage 1 rejects too.
    return model.record(
      pixels: (0..<60 * 80 * 3).map { $0 / 3 % 80 < 40 ? 40 : 200 }, height: 60, width: 80,
      textFeatures: features(
        promptCount: architecture.featuresPerClass, width: architecture.image.embeddingWidth), topK: topK)
  }

  /// The run of the source.
  private static let expected = Result { try record(model()) }

  /// The model with a head whose weights have a part of another sign.
  private static func damaged(head: Int, by part: Float) throws -> ChangedWeights {
    let model = try Self.model()
    let name = "transformer.head\(head).weight"
    let tensor = try #require(model.modelTensors.first { $0.name == name })
    let values = try model.values(of: tensor).values
    return ChangedWeights(
      model,
      changes: [tensor.name: { values[$0] * (($0 &* 2_654_435_761 >> 5) % 3 == 0 ? 1 - 2 * part : 1) }])
  }

  @Test("The same model decides the same, and nothing is told of runs without early rejection")
  func same() throws {
    let record = try Self.expected.get()
    let rejection = try #require(record.comparison(with: record, name: "", margin: 0).rejection)
    #expect(rejection.topK == Self.topK && rejection.stages.map(\.index) == [0, 1, 2])
    #expect(rejection.stages[0].candidateCount == Self.classCount)
    #expect(rejection.decisions.isEmpty && rejection.changedLabels == 0)
    #expect(rejection.stages.allSatisfy { $0.scoreError == 0 && $0.referenceCount == $0.modelCount })
    let all = try Self.record(Self.model(), topK: nil)
    #expect(all.comparison(with: all, name: "", margin: 0).rejection == nil)
  }

  @Test("A damaged head is found at its stage, and none before it", arguments: 0..<3)
  func damagedHead(stage: Int) throws {
    let expected = try Self.expected.get()
    let actual = try Self.record(Self.damaged(head: stage, by: 1))
    let rejection = try #require(expected.comparison(with: actual, name: "", margin: 0).rejection)
    for earlier in rejection.stages.prefix(stage) {
      #expect(earlier.decisions.isEmpty && earlier.scoreError == 0)
    }
    let found = rejection.stages[stage]
    // All that stage 1 keeps are kept by stage 2.
    #expect(
      stage == 2 || !found.decisions.isEmpty,
      "kept \(expected.kept.map(\.count)) and \(actual.kept.map(\.count))")
    #expect(try #require(found.relativeScoreError) > 0.1)
    #expect(rejection.changedLabels != nil)
    // The decisions are those of the lists of kept classes.
    for index in stage..<3 {
      let decided =
        index == 0
        ? Set(0..<Self.classCount) : Set(expected.kept[index - 1]).intersection(actual.kept[index - 1])
      let (mine, theirs) = (Set(expected.kept[index]), Set(actual.kept[index]))
      #expect(
        Set(rejection.stages[index].decisions.map(\.classIndex))
          == mine.symmetricDifference(theirs).intersection(decided))
      #expect(rejection.stages[index].candidateCount == decided.count)
    }
  }

  @Test("Margins are those of sorted scores, and their signs say what was kept", arguments: 0..<3)
  func margins(stage: Int) throws {
    let expected = try Self.expected.get()
    let actual = try Self.record(Self.damaged(head: stage, by: 1))
    let rejection = try #require(expected.comparison(with: actual, name: "", margin: 0).rejection)
    for decision in rejection.stages[stage].decisions {
      for (record, margin) in [(expected, decision.referenceMargin), (actual, decision.modelMargin)] {
        let scores = try #require(record.taps.first { $0.name == "aux\(stage)" }).tensor
        let classes = stage == 0 ? Array(0..<Self.classCount) : record.kept[stage - 1]
        let place = try #require(classes.firstIndex(of: decision.classIndex))
        let pixelCount = scores.count / classes.count
        let margins = (0..<pixelCount).map { pixel in
          let others = classes.indices.filter { $0 != place }.map { scores.values[$0 * pixelCount + pixel] }
          return Double(scores.values[place * pixelCount + pixel])
            - Double(others.sorted(by: >)[Self.topK - 1])
        }
        #expect(margin == margins.max())
        #expect(try (#require(margin) > 0) == record.kept[stage].contains(decision.classIndex))
      }
      #expect(decision.isKeptByReference == (try #require(decision.referenceMargin) > 0))
      let error = try #require(rejection.stages[stage].scoreError)
      #expect(decision.closeness == abs(try #require(decision.referenceMargin)) / error)
    }
  }

  @Test("The first decisions that a growing error changes are coin tosses")
  func coinTosses() throws {
    let expected = try Self.expected.get()
    for exponent in (-12)...0 {
      let actual = try Self.record(
        Self.damaged(head: 0, by: Float(sign: .plus, exponent: exponent, significand: 1)))
      let rejection = try #require(expected.comparison(with: actual, name: "", margin: 0).rejection)
      guard let first = rejection.stages[0].decisions.first else { continue }
      #expect(first.isWithinError == true, "\(first)")
      #expect(rejection.withinErrorCount > 0)
      return
    }
    Issue.record("no decision changed")
  }

  @Test("Labels count where one side has a class that the other rejected")
  func labels() throws {
    let expected = try Self.expected.get()
    let actual = try Self.record(Self.damaged(head: 0, by: 1))
    let rejection = try #require(expected.comparison(with: actual, name: "", margin: 0).rejection)
    for decision in rejection.decisions {
      let (keeping, other) = decision.isKeptByReference ? (expected, actual) : (actual, expected)
      let count = zip(keeping.labels, other.labels).count {
        Int($0) == decision.classIndex && $1 != $0
      }
      #expect(decision.changedLabels == Double(count) / Double(expected.labels.count))
    }
    let shares = rejection.decisions.compactMap(\.changedLabels)
    let whole = try #require(rejection.changedLabels)
    #expect(whole <= shares.reduce(0, +) + 1e-12)
  }
}
