// The forward pass of SED, which has two implementations: a reference and an accelerated one.

import SedgeTensor

/// SED from the encoder's input to labels.
protocol ForwardPass: AnyObject {
  /// Runs the model.
  ///
  /// - Parameters:
  ///   - input: 1 x R x R x 3, the input of the stem.
  ///   - height, width: The size of the labels.
  ///   - text: T x P x D.
  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation

  /// Runs the image encoder alone.
  ///
  /// - Parameter input: As above.
  /// - Returns: 1 x R/32 x R/32 x D, not normalized.
  func embedding(of input: Tensor) -> Tensor
}
