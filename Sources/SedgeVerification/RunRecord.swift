// One run of a model, with everything it computed, to be held against another.

public import SedgeRunner
public import SedgeTensor

/// The results of one run, by name, in PyTorch's layouts.
public struct RunRecord: Sendable {
  /// Intermediate results, in the order of the forward pass; neither scores nor labels.
  public var taps: [(name: String, tensor: Tensor)]
  /// T x H x W; `nil` where none were recorded.
  public var scores: Tensor?
  /// H x W.
  public var labels: [Int32]
  /// The classes that each stage of early rejection kept; empty without it.
  public var kept: [[Int]]

  init(taps: [(name: String, tensor: Tensor)], scores: Tensor?, labels: [Int32], kept: [[Int]]) {
    self.taps = taps
    self.scores = scores
    self.labels = labels
    self.kept = kept
  }

  /// Runs a model on an image and keeps all of it.
  public init(
    _ model: Model, pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?
  ) {
    let taps = Taps()
    let segmentation = model.segment(
      pixels: pixels, height: height, width: width, textFeatures: textFeatures, topK: topK, taps: taps)
    self.init(
      taps: taps.tensors.filter { $0.name != "scores" && $0.name != "labels" },
      scores: taps["scores"], labels: segmentation.labels,
      kept: taps.classes.map(\.indices))
  }

  /// Holds a run against this one, which is the reference.
  public func comparison(with actual: RunRecord, name: String) -> RunComparison {
    let taps = taps.compactMap { tap -> TapComparison? in
      guard let other = actual.taps.first(where: { $0.name == tap.name }) else { return nil }
      guard other.tensor.shape == tap.tensor.shape, haveSameClasses(as: actual, before: tap.name) else {
        return TapComparison(name: tap.name, deviation: nil)
      }
      return TapComparison(
        name: tap.name, deviation: Deviation(reference: tap.tensor.values, actual: other.tensor.values))
    }
    let equal = zip(labels, actual.labels).count { $0 == $1 }
    let shares = zip(kept, actual.kept).map { mine, others -> Double in
      let (mine, others) = (Set(mine), Set(others))
      return Double(mine.intersection(others).count) / Double(max(mine.union(others).count, 1))
    }
    var difference: Double?
    if let scores, let others = actual.scores {
      difference =
        scores.shape == others.shape
        ? Deviation(reference: scores.values, actual: others.values).largestAbsolute : .infinity
    }
    return RunComparison(
      name: name, taps: taps,
      output: OutputComparison(
        equalLabels: labels.count == actual.labels.count ? Double(equal) / Double(max(labels.count, 1)) : 0,
        largestScoreDifference: difference, keptClasses: shares))
  }

  /// Whether both runs kept the same classes in the stages that come before a result.
  private func haveSameClasses(as other: RunRecord, before tap: String) -> Bool {
    let stages =
      switch tap {
      case "aux1", "decoder1": 1
      case "aux2", "decoder2": 2
      case "decoder3", "logits": 3
      default: 0
      }
    return kept.prefix(stages) == other.kept.prefix(stages)
  }
}
