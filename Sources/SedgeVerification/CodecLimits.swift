// The errors of the codecs: the one table that limits of tensors, of outputs and of comparisons read.

import SedgeArchitecture
import SedgeFolding
import SedgePlatform
import SedgeQuantization

/// The largest errors that the codecs make, each with its derivation.
enum CodecLimits {
  /// Rounding to float16: half a unit in the last of 11 significant bits, or half the smallest subnormal number.
  static let float16 = ErrorBound(relative: 0x1p-11, absolute: 0x1p-25)

  /// The relative RMS error of int8.
  ///
  /// A uniform step of 1/127 of a row's largest weight has an RMS error of 1/(127 √12) of that weight. A row whose
  /// largest weight is up to 8.8 times its RMS stays within 0.02.
  static let int8 = 0.02

  /// The relative RMS error of a codec; `nil` for the trellis, whose error depends on the bits of the tensor.
  static func relativeRMS(of codec: CodecIdentifier) -> Double? {
    switch codec {
    case .f32, .f32Planes: 0
    case .f16, .f16Planes: float16.relative
    case .int8: int8
    case .trellis: nil
    }
  }

  /// The relative RMS error that the trellis codec explains at a number of bits for each weight: a multiple of 2⁻ᵇ.
  ///
  /// The factors are measured on trained weights, and about twice the largest measured.
  static func trellis(bits: Double, role: TensorRole, isCalibrated: Bool) -> Double {
    let factor =
      !isCalibrated ? plainFactor : role == .depthwiseConvolution ? depthwiseFactor : compensatedFactor
    return factor * exp2(-bits)
  }

  /// Where all weights count alike: up to 1.35 was measured, the most in the smallest tensors, whose parameters take
  /// many of the bits.
  private static let plainFactor = 2.0
  /// Where columns have steps of their own and errors are compensated: up to 4.2 was measured.
  private static let compensatedFactor = 8.0
  /// The same for depthwise filters, whose channels differ most: up to 25 was measured.
  private static let depthwiseFactor = 64.0
}
