// The multiply-adds of convolutions by the algorithm that the accelerated pass chooses.

import SedgeOperators

/// Counts the multiply-adds of the decoder's convolutions as the accelerated pass executes them.
package struct ConvolutionCounts: Sendable {
  /// `nil` where all convolutions are direct.
  private let context: ExecutionContext?

  init(_ context: ExecutionContext?) { self.context = context }

  /// Direct convolutions.
  package static let direct = ConvolutionCounts(nil)

  /// `nil` where the convolution is direct.
  private func winograd(
    _ form: WinogradForm, _ side: Int, kernel: Int, _ inputs: Int, _ outputs: Int, inFloat32: Bool = false
  ) -> Int? {
    guard var context else { return nil }
    if inFloat32 { context.format = .float32 }
    guard PackedLinear.usesWinograd(inputs: inputs, outputs: outputs, kernel: kernel, context) else {
      return nil
    }
    return form.operationCount(height: side, width: side, kernel: kernel, inputs: inputs, outputs: outputs)
  }

  /// A 3x3 convolution (``BandConvolution``).
  func band(side: Int, inputs: Int, outputs: Int) -> Int {
    winograd(.fourOutputsThreeTaps, side, kernel: 3, inputs, outputs) ?? 9 * side * side * inputs * outputs
  }

  /// A 3x3 convolution merged with the upsampling before it (``UpsampledConvolution``).
  ///
  /// - Parameter side: Before the upsampling.
  func upsampled(side: Int, inputs: Int, outputs: Int) -> Int {
    winograd(.threeOutputsTwoTaps, side + 1, kernel: 2, inputs, 4 * outputs)
      ?? 16 * side * side * inputs * outputs
  }

  /// The embedding of the cost map (``CostEmbedding``).
  func costEmbedding(side: Int, kernel: Int, inputs: Int, outputs: Int, inFloat32: Bool) -> Int {
    let form = CostEmbedding.form(kernel: kernel)
    return form.flatMap {
      winograd($0, side, kernel: kernel, inputs, outputs, inFloat32: inFloat32)
    } ?? side * side * kernel * kernel * inputs * outputs
  }
}
