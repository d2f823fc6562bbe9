// The size or the error that an encoder aims at.

internal import SedgePlatform

/// The target of the trellis codec for one matrix.
package enum EncodingTarget: Hashable, Sendable {
  /// At most this number of bits for each element of the rows that are not all zeros, all parameters included.
  case bits(Double)
  /// At most this relative RMS error.
  case relativeRMS(Double)
  /// This step where all exponents are 0.
  case step(Float)

  /// Whether the limited quantity grows with the step, as an error does and a size does not.
  var growsWithStep: Bool {
    if case .relativeRMS = self { true } else { false }
  }

  /// The distance of a result from the target in octaves of the step; positive where the target is missed.
  ///
  /// A step of twice the size takes one bit less for each element and doubles the error.
  ///
  /// - Parameters:
  ///   - bitsPerWeight: Bits for each element of the rows that are not all zeros.
  ///   - error: The relative RMS error.
  func miss(bitsPerWeight: Double, error: Double) -> Double {
    switch self {
    case .bits(let limit): bitsPerWeight - limit
    case .relativeRMS(let limit): log2(max(error, 1e-30) / limit)
    case .step: 0
    }
  }
}
