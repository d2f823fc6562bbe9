// Figures from counts.

extension SegmentationFigures {
  /// The figures over all classes, as detectron2's `SemSegEvaluator` defines them.
  ///
  /// - mIoU, mACC: the means of the IoU and of the accuracy of the classes that the truth has. A class that the truth does
  ///   not have is no part of a mean, though pixels with its label are missing elsewhere.
  /// - fwIoU: the mean of the IoU weighted by the truth's pixels.
  /// - pACC: pixels with the right label over pixels of a class.
  /// - Boundary IoU: the mean over the classes that the truth has.
  ///
  /// Sums run as in NumPy, in double precision: the figures equal detectron2's to the last bit.
  package init(_ totals: ClassTotals) { self.init(totals.classes) }

  /// The figures over a group of classes.
  ///
  /// The confusion is the whole one: a pixel of the group may be labelled with any class, and pixels of other classes may be
  /// labelled with one of the group, which costs it IoU. Means run over the group's classes; the weights of fwIoU and the
  /// pixels of pACC are those of the group's classes in the truth. The group of all classes has the figures of the whole.
  ///
  /// - Parameter classes: Indices of classes, in any order.
  package init(_ totals: ClassTotals, classes: some Sequence<Int>) {
    self.init(classes.sorted().lazy.map { totals.classes[$0] })
  }

  /// The figures over classes in their order.
  init(_ classes: some Sequence<ClassCounts>) {
    let present = classes.filter { $0.truth > 0 }
    guard !present.isEmpty else {
      self.init()
      return
    }
    let pixels = Double(present.reduce(0) { $0 + $1.truth })
    let ious = present.map { Double($0.hits) / Double($0.truth + $0.predicted - $0.hits) }
    let accuracies = present.map { Double($0.hits) / Double($0.truth) }
    let weighted = zip(present, ious).map { $1 * (Double($0.truth) / pixels) }
    let boundaries = present.compactMap(\.boundaryIou)
    self.init(
      miou: ious.pairwiseSum / Double(ious.count), macc: accuracies.pairwiseSum / Double(ious.count),
      fwiou: weighted.pairwiseSum, pacc: Double(present.reduce(0) { $0 + $1.hits }) / pixels,
      boundaryIou: boundaries.isEmpty ? nil : boundaries.pairwiseSum / Double(boundaries.count))
  }
}

extension [ClassFigures] {
  /// The figures of each class.
  package init(_ totals: ClassTotals) {
    self = totals.classes.map {
      ClassFigures(
        iou: $0.iou, accuracy: $0.accuracy, boundaryIou: $0.boundaryIou, pixelCount: $0.truth)
    }
  }
}
