// The comparison of early rejection in two runs.

import SedgeTensor

extension RunRecord {
  /// Compares the decisions of early rejection with this run's, which is the reference; `nil` without early rejection.
  func rejectionComparison(with model: RunRecord) -> RejectionComparison? {
    guard let topK, !kept.isEmpty, !model.kept.isEmpty else { return nil }
    let stages = (0..<min(kept.count, model.kept.count)).map { stage(at: $0, topK: topK, model) }
    return RejectionComparison(topK: topK, stages: stages, changedLabels: changedLabels(model))
  }

  private func stage(at index: Int, topK: Int, _ model: RunRecord) -> RejectionComparison.Stage {
    let sides = (stageScores(at: index), model.stageScores(at: index))
    let others = model.candidates(at: index).map(Set.init)
    let common = candidates(at: index).map { mine in mine.filter { others?.contains($0) ?? true } }
    let (mine, theirs) = (Set(kept[index]), Set(model.kept[index]))
    // Without earlier stages and scores, only classes that a side kept are known.
    let decided = common ?? mine.union(theirs).sorted()
    var stage = RejectionComparison.Stage(
      index: index, candidateCount: decided.count, referenceCount: mine.count, modelCount: theirs.count,
      decisions: [])
    if let reference = sides.0, let actual = sides.1 {
      let error = reference.deviation(of: actual, classes: decided)
      (stage.scoreError, stage.relativeScoreError) = (error.rms, error.relativeRMS)
    }
    stage.decisions = decided.filter { mine.contains($0) != theirs.contains($0) }.map { number in
      let isKept = mine.contains(number)
      let margin = sides.0?.margin(of: number, topK: topK)
      return RejectionComparison.Decision(
        classIndex: number, isKeptByReference: isKept, referenceMargin: margin,
        modelMargin: sides.1?.margin(of: number, topK: topK),
        closeness: margin.flatMap { margin in stage.scoreError.map { abs(margin) / $0 } },
        changedLabels: isKept ? lostLabels(number, in: model) : model.lostLabels(number, in: self))
    }
    return stage
  }

  /// The classes that a stage decides about; `nil` where they are not known.
  private func candidates(at index: Int) -> [Int]? {
    if index > 0 { return kept[index - 1] }
    return taps.first { $0.name == "aux0" }.map { Array(0..<$0.tensor.shape[0]) }
  }

  /// The scores that a stage decides by; `nil` where they were not recorded.
  private func stageScores(at index: Int) -> StageScores? {
    guard let tensor = taps.first(where: { $0.name == "aux\(index)" })?.tensor,
      let classes = candidates(at: index), tensor.shape.first == classes.count, tensor.count > 0
    else { return nil }
    return StageScores(tensor, classes: classes)
  }

  /// The share of the pixels that have a class here and another in another run.
  private func lostLabels(_ label: Int, in other: RunRecord) -> Double? {
    guard !labels.isEmpty, labels.count == other.labels.count else { return nil }
    let count = labels.indices.count { labels[$0] == label && other.labels[$0] != label }
    return Double(count) / Double(labels.count)
  }

  /// The share of the pixels with different labels, one of which the other side has rejected.
  private func changedLabels(_ model: RunRecord) -> Double? {
    guard !labels.isEmpty, labels.count == model.labels.count, let mine = kept.last.map(Set.init),
      let theirs = model.kept.last.map(Set.init)
    else { return nil }
    let count = labels.indices.count { pixel in
      let (a, b) = (Int(labels[pixel]), Int(model.labels[pixel]))
      return a != b && (mine.contains(a) && !theirs.contains(a) || theirs.contains(b) && !mine.contains(b))
    }
    return Double(count) / Double(labels.count)
  }
}

/// The scores of one stage of early rejection: a plane for each class.
private struct StageScores {
  private let values: [Float]
  private let pixelCount: Int
  /// The planes by class.
  private let places: [Int: Int]

  /// - Parameter tensor: Classes x height x width.
  init(_ tensor: Tensor, classes: [Int]) {
    values = tensor.values
    pixelCount = tensor.count / classes.count
    places = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
  }

  /// By how much a class is above the `topK`-th of all others, at the pixel where that is most.
  ///
  /// Positive for a class that is kept, but for equal scores, of which the order of classes decides. `nil` where all are kept.
  func margin(of number: Int, topK: Int) -> Double? {
    guard let place = places[number], places.count > topK else { return nil }
    var largest = -Double.infinity
    var best: [Float] = []
    for pixel in 0..<pixelCount {
      best.removeAll(keepingCapacity: true)
      for other in 0..<places.count where other != place {
        let value = values[other * pixelCount + pixel]
        if best.count == topK {
          guard value > best[topK - 1] else { continue }
          best.removeLast()
        }
        best.insert(value, at: best.firstIndex { $0 < value } ?? best.count)
      }
      largest = max(largest, Double(values[place * pixelCount + pixel]) - Double(best[topK - 1]))
    }
    return largest
  }

  /// The difference of another side's scores of some classes, which both sides have.
  func deviation(of other: StageScores, classes: [Int]) -> (rms: Double, relativeRMS: Double) {
    var (squares, references, count) = (0.0, 0.0, 0)
    for number in classes {
      guard let mine = places[number], let theirs = other.places[number], other.pixelCount == pixelCount
      else { continue }
      for pixel in 0..<pixelCount {
        let expected = Double(values[mine * pixelCount + pixel])
        let difference = Double(other.values[theirs * pixelCount + pixel]) - expected
        squares += difference * difference
        references += expected * expected
        count += 1
      }
    }
    return (
      (squares / Double(max(count, 1))).squareRoot(),
      squares == 0 ? 0 : (squares / references).squareRoot()
    )
  }
}
