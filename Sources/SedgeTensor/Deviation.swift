// The difference between two arrays of numbers.

import SedgePlatform

/// The difference between reference and actual values, computed in float64.
public struct Deviation: Hashable, Sendable, Codable {
  /// The number of elements.
  public var elementCount: Int
  /// The largest absolute difference; infinite where one side is no number and the other is.
  public var largestAbsolute: Double
  /// The largest magnitude of a reference value.
  public var largestMagnitude: Double
  /// The root mean square of the differences over that of the reference.
  ///
  /// 0 where nothing differs, infinite where the reference is zero and the values are not.
  public var relativeRMS: Double
  /// The cosine of the angle between the two: 1 where both are zero, 0 where only one is.
  public var cosine: Double

  /// Signal over noise, in decibels: infinite where nothing differs.
  public var signalToNoiseRatio: Double { relativeRMS == 0 ? .infinity : -20 * log10(relativeRMS) }

  /// The largest absolute difference over the largest magnitude; 0 where nothing differs.
  public var largestRelativeToMagnitude: Double {
    largestAbsolute == 0 ? 0 : largestAbsolute / largestMagnitude
  }

  /// Compares elements pair by pair; different counts trap.
  public init(reference: [Float], actual: [Float]) {
    precondition(reference.count == actual.count)
    var (largest, magnitude) = (0.0, 0.0)
    var (errors, references, actuals, products) = (0.0, 0.0, 0.0, 0.0)
    for i in reference.indices where reference[i].bitPattern != actual[i].bitPattern || reference[i].isFinite
    {
      let (r, a) = (Double(reference[i]), Double(actual[i]))
      let difference = r == a ? 0 : abs(r - a)
      largest = max(largest, difference.isNaN ? .infinity : difference)
      magnitude = max(magnitude, abs(r))
      errors += difference * difference
      references += r * r
      actuals += a * a
      products += r * a
    }
    elementCount = reference.count
    largestAbsolute = largest
    largestMagnitude = magnitude
    relativeRMS = errors == 0 ? 0 : (errors / references).squareRoot()
    if references == 0 || actuals == 0 {
      cosine = references == actuals ? 1 : 0
    } else {
      cosine = products / (references.squareRoot() * actuals.squareRoot())
    }
    if largest == .infinity { relativeRMS = .infinity }
  }
}
