// The algorithm of a convolution.

import SedgeOperators
import SedgeTensor

extension PackedLinear {
  /// A convolution of stride 1, as a product with its windows or as a Winograd convolution.
  enum Convolution {
    case direct(PackedLinear)
    case winograd(Kernels.WinogradLayer)
  }

  /// Packs a convolution for the faster algorithm.
  ///
  /// - Parameters:
  ///   - weight: O x K x K x C.
  ///   - form: `nil` for a direct convolution.
  ///   - inFloat32: Whether it is in float32 in any context.
  static func convolution(
    _ weight: Tensor, bias: [Float]? = nil, form: WinogradForm?, inFloat32: Bool = false,
    _ context: ExecutionContext
  ) -> Convolution {
    var context = context
    if inFloat32 { context.format = .float32 }
    if let form,
      usesWinograd(
        inputs: weight.shape[3], outputs: weight.shape[0], kernel: weight.shape[2], context)
    {
      return .winograd(context.kernels.winogradLayer(weight, bias: bias, form: form))
    }
    return .direct(PackedLinear(convolution: weight, bias: bias, context))
  }

  /// Whether a convolution for which there is a form is a Winograd convolution: in float32, or where that is faster than int8.
  static func usesWinograd(inputs: Int, outputs: Int, kernel: Int, _ context: ExecutionContext) -> Bool {
    let format = convolutionFormat(columns: kernel, channels: inputs, context)
    return format != .bf16
      && context.kernels.isWinogradFaster(inputs: inputs, outputs: outputs, thanInt8: format == .int8)
  }
}
