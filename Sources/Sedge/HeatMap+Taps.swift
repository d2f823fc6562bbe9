// The probability of one class in an image that was segmented.

package import SedgeImages
import SedgeOperators
import SedgePlatform
package import SedgeRunner
import SedgeTensor

extension HeatMap {
  /// The result that ``init(ofClass:_:taps:)`` needs to be recorded.
  package static let requiredTap = "logits"

  /// The probability of a class at the image's size: what labels are decided by.
  ///
  /// - Parameters:
  ///   - label: The index of the class; where early rejection has left it out, the probability is 0.
  ///   - segmentation: The result of the run.
  ///   - taps: Recorded in the same run: ``requiredTap`` at least.
  package init(ofClass label: Int, _ segmentation: Segmentation, taps: Taps) {
    let (width, height) = (segmentation.width, segmentation.height)
    guard let logits = taps[Self.requiredTap],
      let position = segmentation.classes.firstIndex(of: label)
    else {
      self.init(width: width, height: height, values: [Float](repeating: 0, count: width * height))
      return
    }
    let (rows, columns) = (logits.shape[1], logits.shape[2])
    let plane = logits.values[position * rows * columns..<(position + 1) * rows * columns]
    let probabilities = Tensor(
      shape: [1, rows, columns, 1], values: plane.map { 1 / (1 + expf(-$0)) })
    let resized = ReferenceOperators().resize(
      probabilities, height: height, width: width, resampling: .halfPixel)
    self.init(width: width, height: height, values: resized.values)
  }
}
