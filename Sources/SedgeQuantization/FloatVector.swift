// Vectors of eight elements.

internal import SedgeTensor

/// Eight elements: one register of 256 bits or two of 128.
typealias FloatVector = SIMD8<Float>

extension Span<Float> {
  /// The eight elements from `index`, padded with zeros after the last.
  @inline(__always)
  func vector(at index: Int) -> FloatVector {
    if index + FloatVector.scalarCount <= count {
      return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: FloatVector.self)
    }
    var vector = FloatVector.zero
    for lane in 0..<count - index { vector[lane] = self[index + lane] }
    return vector
  }
}

extension SIMD8<Float> {
  /// The absolute values.
  @inline(__always)
  var magnitude: FloatVector { replacing(with: -self, where: self .< 0) }

  /// The larger of each pair; no lane is NaN.
  @inline(__always)
  func larger(_ other: FloatVector) -> FloatVector { replacing(with: other, where: self .< other) }

  /// The nearest integers, ties to even, at most 127 in magnitude.
  ///
  /// Adding 1.5 * 2^23 leaves no bits for a fraction, so that the addition rounds.
  @inline(__always)
  var nearestCode: FloatVector {
    let limit = FloatVector(repeating: 127)
    let clamped = replacing(with: limit, where: self .> limit).replacing(with: -limit, where: self .< -limit)
    return clamped + 0x1.8p23 - 0x1.8p23
  }

  /// The sum of the lanes, in float64 and in a fixed order.
  @inline(__always)
  var wideSum: Double {
    var sum = 0.0
    for lane in 0..<FloatVector.scalarCount { sum += Double(self[lane]) }
    return sum
  }
}
