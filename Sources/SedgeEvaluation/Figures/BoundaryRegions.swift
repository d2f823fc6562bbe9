// Boundary regions of all classes at once.

extension [BoundaryCount] {
  /// Counts the boundary regions of every class of a picture: Boundary IoU (Cheng et al., "Boundary IoU: Improving
  /// Object-Centric Image Segmentation Evaluation", CVPR 2021).
  ///
  /// The paper's program erodes the binary mask of a class d times by a 3 x 3 square, with zeros around the picture; the
  /// region is what erosion takes away. d is 2 % of the diagonal, rounded to the nearest integer (a half to the even one), at
  /// least 1. A pixel lies in the region of its own class, therefore, exactly where the (2d + 1) x (2d + 1) square around it
  /// is not all of that class; what lies outside the picture is of another class.
  ///
  /// Pixels of no class in the truth belong to no class's mask, of the truth or of the prediction: they bound the classes
  /// beside them in both and count in no region, so that a prediction that is right wherever there is a class scores 1.
  ///
  /// detectron2's option `compute_boundary_iou` differs: it erodes the map of labels as a gray picture, where the lowest
  /// label of the square wins. Its region has pixels only on the side of the higher label, and its value is the difference
  /// of two labels.
  ///
  /// - Parameters:
  ///   - predictions: The index of a class for each pixel, row by row, or `classCount` for no class.
  ///   - truth: The same.
  /// - Complexity: O(pixels), whatever the number of classes and d.
  package init(predictions: [Int32], truth: [Int32], width: Int, height: Int, classCount: Int) {
    precondition(predictions.count == width * height && truth.count == width * height)
    let distance = boundaryDistance(width: width, height: height)
    let counted = zip(predictions, truth).map { $1 == classCount ? $1 : $0 }
    let inPrediction = boundaryRegion(of: counted, width: width, height: height, distance: distance)
    let inTruth = boundaryRegion(of: truth, width: width, height: height, distance: distance)
    var counts = [BoundaryCount](
      (0..<classCount).map {
        BoundaryCount(label: $0, intersection: 0, predicted: 0, truth: 0)
      })
    for pixel in truth.indices where truth[pixel] != classCount {
      let (predicted, actual) = (Int(predictions[pixel]), Int(truth[pixel]))
      if inTruth[pixel] { counts[actual].truth += 1 }
      guard inPrediction[pixel], predicted != classCount else { continue }
      counts[predicted].predicted += 1
      if inTruth[pixel], predicted == actual { counts[actual].intersection += 1 }
    }
    self = counts.filter { $0.predicted > 0 || $0.truth > 0 }
  }
}

/// The width of boundary regions in pixels.
func boundaryDistance(width: Int, height: Int) -> Int {
  let diagonal = Double(width * width + height * height).squareRoot()
  return max(1, Int((0.02 * diagonal).rounded(.toNearestOrEven)))
}

/// Whether each pixel is in the boundary region of its label.
///
/// A square is of one label where each of its rows is, and its rows are of the same one: so a run along each row, then a run
/// of such rows down each column.
private func boundaryRegion(of labels: [Int32], width: Int, height: Int, distance: Int) -> [Bool] {
  let side = 2 * distance + 1
  var region = [Bool](repeating: true, count: labels.count)
  guard side <= width, side <= height else { return region }
  var rows = [Int32](repeating: 0, count: width)
  for y in 0..<height {
    let start = y * width
    var run = 0
    for x in 0..<width {
      run = x > 0 && labels[start + x] == labels[start + x - 1] ? run + 1 : 1
      guard x >= side - 1 else { continue }
      let center = x - distance
      let isContinued = y > 0 && labels[start + center] == labels[start + center - width]
      rows[center] = run < side ? 0 : isContinued ? rows[center] + 1 : 1
      if rows[center] >= Int32(side) { region[start - distance * width + center] = false }
    }
  }
  return region
}
