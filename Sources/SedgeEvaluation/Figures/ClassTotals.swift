// The counts of each class over pictures.

/// What the figures of one class are made of: integers, which add up over pictures.
///
/// Pixels without a class, in the truth or in the prediction, count nowhere, as in detectron2's `SemSegEvaluator`.
package struct ClassCounts: Hashable, Sendable {
  /// Pixels of the class with its label.
  package var hits = 0
  /// Pixels of the class in the truth.
  package var truth = 0
  /// Pixels with its label, on pixels of any class.
  package var predicted = 0
  /// Pixels in both boundary regions.
  package var boundaryIntersection = 0
  /// Pixels in the boundary region of the truth.
  package var boundaryTruth = 0
  /// Pixels in the boundary region of the prediction.
  package var boundaryPredicted = 0

  /// Counts of zero.
  package init() {}

  /// Intersection over union; `nil` where the truth has no pixel of the class.
  package var iou: Double? { truth > 0 ? Double(hits) / Double(truth + predicted - hits) : nil }

  /// The share of the class's pixels with its label; `nil` where there are none.
  package var accuracy: Double? { truth > 0 ? Double(hits) / Double(truth) : nil }

  /// Intersection over union of the boundary regions; `nil` where the truth's region has no pixel.
  package var boundaryIou: Double? {
    guard boundaryTruth > 0 else { return nil }
    return Double(boundaryIntersection) / Double(boundaryTruth + boundaryPredicted - boundaryIntersection)
  }

  /// Adds counts `times` times; a negative factor takes them away.
  @inline(__always)
  package mutating func add(_ other: ClassCounts, times factor: Int = 1) {
    hits += other.hits * factor
    truth += other.truth * factor
    predicted += other.predicted * factor
    boundaryIntersection += other.boundaryIntersection * factor
    boundaryTruth += other.boundaryTruth * factor
    boundaryPredicted += other.boundaryPredicted * factor
  }
}

/// The counts of every class: all that the figures of any number of pictures need.
package struct ClassTotals: Hashable, Sendable {
  /// By class.
  package private(set) var classes: [ClassCounts]

  /// Counts of zero.
  package init(classCount: Int) { classes = Array(repeating: ClassCounts(), count: classCount) }

  /// The number of classes.
  package var classCount: Int { classes.count }

  /// Pixels of a class, with a predicted class.
  package var pixelCount: Int { classes.reduce(0) { $0 + $1.truth } }

  /// Adds a picture `times` times; a class outside the list traps.
  package mutating func add(_ picture: PictureCounts, times factor: Int = 1) {
    for (label, counts) in picture.classCounts(classCount: classCount) {
      classes[label].add(counts, times: factor)
    }
  }

  /// Adds the pictures of other totals.
  package mutating func add(_ other: ClassTotals) { add(other.classes) }

  /// Adds counts by class.
  mutating func add(_ counts: [ClassCounts]) {
    precondition(counts.count == classCount)
    for label in classes.indices { classes[label].add(counts[label]) }
  }

  /// The mIoU of labels with the same numbers of pixels that are independent of the truth.
  ///
  /// A model below it has probably been given labels of another coding, or class names in another order.
  package var chanceMiou: Double? {
    let pixels = Double(pixelCount)
    let ious = classes.lazy.filter { $0.truth > 0 }.map { counts -> Double in
      let hits = Double(counts.truth) * (Double(counts.predicted) / pixels)
      return hits / (Double(counts.truth) + Double(counts.predicted) - hits)
    }
    return ious.isEmpty ? nil : ious.reduce(0, +) / Double(ious.count)
  }
}

extension PictureCounts {
  /// The counts of the classes that occur in the picture, ascending by class.
  ///
  /// - Complexity: O(k log k) for k cells, whatever the number of classes.
  package func classCounts(classCount: Int) -> [(label: Int, counts: ClassCounts)] {
    var found: [(label: Int, counts: ClassCounts)] = []
    func note(_ label: Int, _ count: Int, _ field: WritableKeyPath<ClassCounts, Int>) {
      precondition(label >= 0 && label < classCount)
      var counts = ClassCounts()
      counts[keyPath: field] = count
      found.append((label, counts))
    }
    for cell in confusion.cells where cell.predicted != classCount && cell.truth != classCount {
      note(cell.truth, cell.count, \.truth)
      note(cell.predicted, cell.count, \.predicted)
      if cell.predicted == cell.truth { note(cell.truth, cell.count, \.hits) }
    }
    for boundary in boundaries {
      note(boundary.label, boundary.intersection, \.boundaryIntersection)
      note(boundary.label, boundary.truth, \.boundaryTruth)
      note(boundary.label, boundary.predicted, \.boundaryPredicted)
    }
    found.sort { $0.label < $1.label }
    return found.reduce(into: []) { merged, next in
      if let last = merged.indices.last, merged[last].label == next.label {
        merged[last].counts.add(next.counts)
      } else {
        merged.append(next)
      }
    }
  }
}
