// The probability of one class in an image that was segmented.

package import SedgeImages
import SedgeOperators
package import SedgeRunner
import SedgeTensor

extension HeatMap {
  /// The results of a kind of model that ``init(ofClass:_:taps:of:)`` needs to be recorded.
  package static func requiredTaps(of kind: SedgeModel.Kind) -> Set<String> {
    kind == .clip ? ["scores"] : Taps.networkScoreNames
  }

  /// The probability of a class at the image's size: what labels are decided by.
  ///
  /// - Parameters:
  ///   - label: The index of the class; where early rejection has left it out, the probability is 0.
  ///   - segmentation: The result of the run.
  ///   - taps: Recorded in the same run: ``requiredTaps(of:)`` at least.
  ///   - kind: The kind of the model.
  package init(ofClass label: Int, _ segmentation: Segmentation, taps: Taps, of kind: SedgeModel.Kind) {
    let (width, height) = (segmentation.width, segmentation.height)
    let scores = kind == .clip ? taps["scores"] : taps.networkScores(of: kind)
    guard let scores, let position = segmentation.classes.firstIndex(of: label) else {
      self.init(width: width, height: height, values: [Float](repeating: 0, count: width * height))
      return
    }
    let (rows, columns) = (scores.shape[1], scores.shape[2])
    var plane = Tensor(
      shape: [1, rows, columns, 1],
      values: Array(scores.values[position * rows * columns..<(position + 1) * rows * columns]))
    // CAT-Seg's program cuts the scores of one look as if they had the image's resolution.
    if kind == .catSeg, taps["canvas"] == nil { plane = plane.cut(height: height, width: width) }
    let resized = ReferenceOperators().resize(plane, height: height, width: width, resampling: .halfPixel)
    self.init(width: width, height: height, values: resized.values)
  }
}

extension Tensor {
  /// The first rows and columns of 1 x H x W x 1, at most as many as there are.
  fileprivate func cut(height: Int, width: Int) -> Tensor {
    let (rows, columns) = (min(height, shape[1]), min(width, shape[2]))
    return Tensor(
      shape: [1, rows, columns, 1],
      values: (0..<rows).flatMap { values[$0 * shape[2]..<$0 * shape[2] + columns] })
  }
}
