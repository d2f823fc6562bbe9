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
  /// Sums run in the order of the classes, in double precision.
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
    var (count, boundaryCount, pixels, hits) = (0, 0, 0, 0)
    var (iou, accuracy, weighted, boundary) = (0.0, 0.0, 0.0, 0.0)
    for counts in classes {
      if let value = counts.iou {
        count += 1
        iou += value
        weighted += value * Double(counts.truth)
        accuracy += Double(counts.hits) / Double(counts.truth)
        pixels += counts.truth
        hits += counts.hits
      }
      if let value = counts.boundaryIou {
        boundaryCount += 1
        boundary += value
      }
    }
    let hasPixels = pixels > 0
    self.init(
      miou: hasPixels ? iou / Double(count) : nil, macc: hasPixels ? accuracy / Double(count) : nil,
      fwiou: hasPixels ? weighted / Double(pixels) : nil,
      pacc: hasPixels ? Double(hits) / Double(pixels) : nil,
      boundaryIou: boundaryCount > 0 ? boundary / Double(boundaryCount) : nil)
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
