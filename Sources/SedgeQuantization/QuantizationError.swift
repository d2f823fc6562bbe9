// How far a tensor's decoded elements are from those before coding.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The coding error of one tensor, computed in float64.
public struct QuantizationError: Hashable, Sendable {
  /// The number of elements.
  public var elementCount: Int
  /// The largest absolute difference of an element.
  public var largestAbsolute: Double
  /// The root mean square of the differences over that of the reference.
  ///
  /// 0 where both are zero, infinite where only the reference is.
  public var relativeRMS: Double
  /// The cosine of the angle between reference and decoded elements.
  ///
  /// 1 where both are zero, 0 where only one is.
  public var cosine: Double

  /// Signal over noise, in decibels: infinite where nothing is lost.
  public var signalToNoiseRatio: Double { relativeRMS == 0 ? .infinity : -20 * log10(relativeRMS) }

  /// Compares elements pair by pair; different counts trap.
  public init(reference: Span<Float>, decoded: Span<Float>) {
    precondition(reference.count == decoded.count)
    var largest = SIMD8<Double>.zero
    var errors = SIMD8<Double>.zero
    var references = SIMD8<Double>.zero
    var decodeds = SIMD8<Double>.zero
    var products = SIMD8<Double>.zero
    for i in stride(from: 0, to: reference.count, by: FloatVector.scalarCount) {
      let r = SIMD8<Double>(reference.vector(at: i))
      let d = SIMD8<Double>(decoded.vector(at: i))
      let difference = r - d
      let magnitude = difference.replacing(with: -difference, where: difference .< 0)
      largest = largest.replacing(with: magnitude, where: magnitude .> largest)
      errors += difference * difference
      references += r * r
      decodeds += d * d
      products += r * d
    }
    let (error, energy, decodedEnergy) = (errors.sum(), references.sum(), decodeds.sum())
    elementCount = reference.count
    largestAbsolute = largest.max()
    relativeRMS = error == 0 ? 0 : (error / energy).squareRoot()
    if energy == 0 || decodedEnergy == 0 {
      cosine = energy == decodedEnergy ? 1 : 0
    } else {
      cosine = products.sum() / (energy.squareRoot() * decodedEnergy.squareRoot())
    }
  }

  /// Compares the elements of arrays pair by pair; different counts trap.
  public init(reference: [Float], decoded: [Float]) {
    self.init(reference: reference.span, decoded: decoded.span)
  }
}
