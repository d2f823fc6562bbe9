// The forward pass of a segmentation model; each kind has a reference and an accelerated one.

import SedgeTensor

/// A segmentation model from the encoder's input to labels.
protocol ForwardPass: AnyObject {
  /// Runs the model.
  ///
  /// - Parameters:
  ///   - input: 1 x R x R x 3, the input of the image encoder; several for CAT-Seg's windows.
  ///   - height, width: The size of the labels.
  ///   - text: T x P x D.
  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation

  /// Runs the image encoder alone.
  ///
  /// - Parameter input: As above.
  /// - Returns: 1 x h x w x D, not normalized; of windows, that of the whole image.
  func embedding(of input: Tensor) -> Tensor
}
