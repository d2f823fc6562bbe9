// The figures of a segmentation against ground truth.

/// One figure over a set of classes.
package enum Figure: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  /// Mean intersection over union.
  case miou
  /// Mean accuracy of classes.
  case macc
  /// Intersection over union, weighted by the pixels of each class.
  case fwiou
  /// Pixel accuracy.
  case pacc
  /// Mean Boundary IoU.
  case boundaryIou = "boundary_iou"

  /// The figure of a JSON key, which a decoder may have turned from snake_case.
  package init?(codingKey: some CodingKey) {
    let found = Figure(rawValue: codingKey.stringValue)
    guard let figure = found ?? (codingKey.stringValue == "boundaryIou" ? .boundaryIou : nil) else {
      return nil
    }
    self = figure
  }
}

/// The figures over a set of classes, 0...1; `nil` where the truth has no pixel of them.
package struct SegmentationFigures: Hashable, Sendable, Codable {
  /// Mean intersection over union.
  @ExplicitNull package var miou: Double?
  /// Mean accuracy of classes.
  @ExplicitNull package var macc: Double?
  /// Intersection over union, weighted by the pixels of each class.
  @ExplicitNull package var fwiou: Double?
  /// Pixel accuracy.
  @ExplicitNull package var pacc: Double?
  /// Mean Boundary IoU.
  @ExplicitNull package var boundaryIou: Double?

  /// Creates figures.
  package init(
    miou: Double? = nil, macc: Double? = nil, fwiou: Double? = nil, pacc: Double? = nil,
    boundaryIou: Double? = nil
  ) {
    (self.miou, self.macc, self.fwiou, self.pacc, self.boundaryIou) = (miou, macc, fwiou, pacc, boundaryIou)
  }

  /// The value of a figure.
  package subscript(figure: Figure) -> Double? {
    switch figure {
    case .miou: miou
    case .macc: macc
    case .fwiou: fwiou
    case .pacc: pacc
    case .boundaryIou: boundaryIou
    }
  }
}

/// The figures of one class, 0...1; `nil` where the truth has no pixel of it.
package struct ClassFigures: Hashable, Sendable, Codable {
  /// Intersection over union.
  package var iou: Double?
  /// The share of the class's pixels with its label.
  package var accuracy: Double?
  /// Intersection over union of the boundary regions.
  package var boundaryIou: Double?
  /// Pixels of the class in the truth.
  package var pixelCount: Int
}

/// An interval that contains a figure with 95 % confidence.
package struct Interval: Hashable, Sendable, Codable {
  /// The lower end.
  package var low: Double
  /// The upper end.
  package var high: Double

  /// Creates an interval.
  package init(low: Double, high: Double) { (self.low, self.high) = (low, high) }
}
