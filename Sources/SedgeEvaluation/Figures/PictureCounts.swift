// Everything that is counted of one model's labels of one picture.

/// The counts of one model's labels of one picture: integers, which add up over pictures and over machines.
package struct PictureCounts: Hashable, Sendable {
  /// Pixels by predicted and true class.
  package var confusion: SparseConfusion
  /// Boundary regions, ascending by class; classes without a pixel in either region are left out.
  package var boundaries: [BoundaryCount]

  /// Creates counts.
  package init(confusion: SparseConfusion, boundaries: [BoundaryCount]) {
    (self.confusion, self.boundaries) = (confusion, boundaries)
  }
}
