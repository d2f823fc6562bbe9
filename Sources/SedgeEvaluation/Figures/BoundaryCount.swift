// The boundary regions of one class in one picture.

/// The pixels of the boundary regions of one class in one picture: Boundary IoU (Cheng et al., CVPR 2021).
package struct BoundaryCount: Hashable, Sendable {
  /// The index of the class.
  package var label: Int
  /// Pixels in both regions.
  package var intersection: Int
  /// Pixels in the region of the prediction.
  package var predicted: Int
  /// Pixels in the region of the truth.
  package var truth: Int

  /// Creates a count.
  package init(label: Int, intersection: Int, predicted: Int, truth: Int) {
    (self.label, self.intersection, self.predicted, self.truth) = (label, intersection, predicted, truth)
  }
}
