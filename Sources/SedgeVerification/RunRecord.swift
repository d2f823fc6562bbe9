// The recorded results of one run.

import SedgeRunner
package import SedgeTensor

/// The results of one run, by name, in PyTorch's layouts.
package struct RunRecord: Sendable {
  /// Intermediate results, in the order of the forward pass; neither scores nor labels.
  package var taps: [(name: String, tensor: Tensor)]
  /// T x H x W, or T for a whole image; `nil` where none were recorded.
  package var scores: Tensor?
  /// H x W, or one for a whole image; empty where none were recorded.
  package var labels: [Int32]
  /// The classes that each stage of early rejection kept; empty without it.
  package var kept: [[Int]]
  /// The classes that CAT-Seg's class attention sees, by the names of the results, `kept` or `window0.kept`; empty where it sees all.
  package var selected: [String: [Int]] = [:]
  /// The number of classes that early rejection keeps at a pixel; `nil` without it.
  package var topK: Int?

  /// Whether every intermediate result is finite; results are meaningless where weights or activations overflow.
  package var isFinite: Bool { taps.allSatisfy { $0.tensor.values.allSatisfy(\.isFinite) } }

  init(
    taps: [(name: String, tensor: Tensor)], scores: Tensor?, labels: [Int32], kept: [[Int]], topK: Int?
  ) {
    self.topK = topK
    self.taps = taps
    self.scores = scores
    self.labels = labels
    self.kept = kept
  }

  init(_ taps: Taps, labels: [Int32], topK: Int?) {
    self.init(
      taps: taps.tensors.filter { $0.name != "scores" && $0.name != "labels" },
      scores: taps["scores"], labels: labels,
      kept: taps.classes.filter { !GoldenFormat.isSelection($0.name) }.map(\.indices), topK: topK)
    for (name, indices) in taps.classes where GoldenFormat.isSelection(name) { selected[name] = indices }
  }

  /// Compares a run with this one, which is the reference.
  ///
  /// - Parameter margin: See ``Thresholds/margin``.
  package func comparison(with actual: RunRecord, name: String, margin: Double) -> RunComparison {
    let taps = taps.compactMap { tap -> TapComparison? in
      guard let other = actual.taps.first(where: { $0.name == tap.name }) else { return nil }
      guard other.tensor.shape == tap.tensor.shape, haveSameClasses(as: actual, before: tap.name) else {
        return TapComparison(name: tap.name, deviation: nil)
      }
      return TapComparison(
        name: tap.name, deviation: Deviation(reference: tap.tensor.values, actual: other.tensor.values))
    }
    let shares = zip(kept, actual.kept).map { mine, others -> Double in
      let (mine, others) = (Set(mine), Set(others))
      return Double(mine.intersection(others).count) / Double(max(mine.union(others).count, 1))
    }
    return RunComparison(
      name: name, taps: taps,
      output: outputComparison(with: actual, margin: margin, keptClasses: shares),
      rejection: rejectionComparison(with: actual))
  }

  private func outputComparison(with actual: RunRecord, margin: Double, keptClasses: [Double])
    -> OutputComparison
  {
    var output = OutputComparison(
      equalLabels: nil, equalLabelsWithinMargin: nil, largestScoreDifference: nil, scoreRMSDifference: nil,
      relativeScoreRMS: nil, referenceScoreRMS: nil, scoreSensitivity: nil, classCount: 0,
      keptClasses: keptClasses)
    if !labels.isEmpty {
      let isSameSize = labels.count == actual.labels.count
      let equal = isSameSize ? labels.indices.count { labels[$0] == actual.labels[$0] } : 0
      let within =
        isSameSize ? labels.indices.count { regret(of: actual.labels[$0], pixel: $0) <= margin } : 0
      output.equalLabels = Double(equal) / Double(labels.count)
      output.equalLabelsWithinMargin = Double(within) / Double(labels.count)
    }
    if let scores, let others = actual.scores {
      guard scores.shape == others.shape else {
        (output.largestScoreDifference, output.scoreRMSDifference) = (.infinity, .infinity)
        output.relativeScoreRMS = .infinity
        return output
      }
      let deviation = Deviation(reference: scores.values, actual: others.values)
      let squares = zip(scores.values, others.values).reduce(0.0) {
        $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
      }
      output.largestScoreDifference = deviation.largestAbsolute
      output.relativeScoreRMS = deviation.relativeRMS
      output.scoreRMSDifference = (squares / Double(max(scores.count, 1))).squareRoot()
      let magnitudes = scores.values.reduce(0.0) { $0 + Double($1) * Double($1) }
      output.referenceScoreRMS = (magnitudes / Double(max(scores.count, 1))).squareRoot()
      output.classCount = scores.shape[0]
      if let logits = taps.first(where: { $0.name == "logits" })?.tensor.values {
        // Of a whole image scores are probabilities, otherwise sigmoids.
        let slope = scores.shape.count == 1 ? 0.5 : 0.25
        output.scoreSensitivity = slope * logits.reduce(0.0) { max($0, Double($1.magnitude)) }
      }
    }
    return output
  }

  /// The score of a pixel's label in this run less the score of another label.
  private func regret(of label: Int32, pixel: Int) -> Double {
    if label == labels[pixel] { return 0 }
    guard let scores, scores.count == labels.count * scores.shape[0],
      [label, labels[pixel]].allSatisfy({ (0..<scores.shape[0]).contains(Int($0)) })
    else {
      return .infinity
    }
    let score = { (label: Int32) in Double(scores.values[Int(label) * labels.count + pixel]) }
    return score(labels[pixel]) - score(label)
  }

  /// Whether both runs kept the same classes in the stages that come before a result.
  private func haveSameClasses(as other: RunRecord, before tap: String) -> Bool {
    for (name, indices) in selected where other.selected[name] != indices {
      let window = name.dropLast("kept".count)
      let isOfAllClasses = ["input", "cost_map", "logits"].contains { tap.hasSuffix($0) }
      if tap.hasPrefix(window), !isOfAllClasses { return false }
    }
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
