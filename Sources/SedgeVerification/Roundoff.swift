// The error of a stored type.

import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeQuantization
import SedgeTensor

/// The largest error of values that were stored in a type.
package struct Roundoff {
  /// The bound of each value.
  var bound: ErrorBound
  /// The largest relative RMS error that the codec explains and the file records; `nil` where none is known.
  var relativeRMS: Double? = 0

  /// The error of rounding to nearest in an element type; reading rounds to float32.
  init(_ type: ElementType) {
    bound =
      switch type {
      case .float16: CodecLimits.float16
      // The smallest subnormals are 2^-9 and 2^-16.
      case .float8E4M3: ErrorBound(relative: 0x1p-4, absolute: 0x1p-10)
      case .float8E5M2: ErrorBound(relative: 0x1p-3, absolute: 0x1p-17)
      case .bfloat16: ErrorBound(relative: 0x1p-8)
      default: ErrorBound(relative: 0x1p-24)
      }
  }

  /// The error of encoding a tensor of a `.sedge` file.
  ///
  /// - Parameter isCalibrated: Whether the file's quantization was calibrated, which corrects biases by more than their
  ///   type explains; only then is what a bias records believed.
  init(_ record: TensorRecord, isCalibrated: Bool) {
    self.init(ElementType.float32)
    switch record.codec {
    case _ where isCalibrated && record.codec.isFloat && record.tensor.role == .bias:
      relativeRMS = record.relativeRMSError
    case .f32, .f32Planes: return
    default:
      // Calibrated or not, and without regard to rows of zeros: the file may be compared without its source.
      let limit =
        CodecLimits.relativeRMS(of: record.codec)
        ?? CodecLimits.trellis(bits: record.bitsPerWeight, role: record.tensor.role, isCalibrated: true)
      relativeRMS = min(record.relativeRMSError, limit)
    }
    bound.absolute = record.largestAbsoluteError
  }
}
