// Decoding of little-endian elements.

extension RawSpan {
  /// The little-endian integer at `byteOffset`, which need not be aligned.
  package func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    at byteOffset: Int, as type: Value.Type = Value.self
  ) -> Value {
    Value(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: byteOffset, as: type))
  }
}

/// Converts stored floating-point elements to float32.
///
/// - Parameters:
///   - bytes: Little-endian elements of `elementType`, as many as `destination` has.
///   - elementType: A floating-point type; any other traps.
package func decodeFloats(
  _ bytes: RawSpan, elementType: ElementType, into destination: inout MutableSpan<Float>
) {
  precondition(bytes.byteCount == destination.count * elementType.byteCount)
  switch elementType {
  case .float32:
    for i in destination.indices {
      destination[i] = Float(bitPattern: bytes.littleEndian(at: 4 * i))
    }
  case .bfloat16:
    for i in destination.indices {
      destination[i] = Float(bitPattern: UInt32(bytes.littleEndian(at: 2 * i, as: UInt16.self)) << 16)
    }
  case .float16:
    for i in destination.indices {
      destination[i] = floatFromHalf(bytes.littleEndian(at: 2 * i))
    }
  case .float8E4M3:
    for i in destination.indices { destination[i] = floatFromE4M3(bytes.littleEndian(at: i)) }
  case .float8E5M2:
    for i in destination.indices {
      destination[i] = floatFromHalf(UInt16(bytes.littleEndian(at: i, as: UInt8.self)) << 8)
    }
  case .float64:
    for i in destination.indices {
      destination[i] = Float(Double(bitPattern: bytes.littleEndian(at: 8 * i)))
    }
  default:
    preconditionFailure("\(elementType) is not a floating-point type")
  }
}

/// Converts stored integer or Boolean elements to `Int`; a `uint64` beyond `Int.max` keeps its bits.
package func decodeIntegers(_ bytes: RawSpan, elementType: ElementType) -> [Int] {
  (0..<bytes.byteCount / elementType.byteCount).map { i in
    switch elementType {
    case .int8: Int(bytes.littleEndian(at: i, as: Int8.self))
    case .uint8, .bool: Int(bytes.littleEndian(at: i, as: UInt8.self))
    case .int16: Int(bytes.littleEndian(at: 2 * i, as: Int16.self))
    case .uint16: Int(bytes.littleEndian(at: 2 * i, as: UInt16.self))
    case .int32: Int(bytes.littleEndian(at: 4 * i, as: Int32.self))
    case .uint32: Int(bytes.littleEndian(at: 4 * i, as: UInt32.self))
    case .int64: Int(bytes.littleEndian(at: 8 * i, as: Int64.self))
    case .uint64: Int(truncatingIfNeeded: bytes.littleEndian(at: 8 * i, as: UInt64.self))
    default: preconditionFailure("\(elementType) is not an integer type")
    }
  }
}

/// The float32 equal to an 8-bit number of 4 exponent and 3 fraction bits without infinities; exact.
package func floatFromE4M3(_ byte: UInt8) -> Float {
  let sign = UInt32(byte & 0x80) << 24
  let magnitude = UInt32(byte & 0x7F)
  if magnitude == 0x7F { return Float(bitPattern: sign | 0x7FC0_0000) }
  if magnitude >= 0x08 { return Float(bitPattern: sign | (magnitude << 20) + (120 << 23)) }
  let subnormal = Float(magnitude) * 0x1p-9
  return Float(bitPattern: sign | subnormal.bitPattern)
}

/// The float32 equal to an IEEE 754 binary16; exact.
///
/// In integer arithmetic, for `Float16` is missing on x86-64 macOS and slow where the processor lacks it.
package func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let magnitude = UInt32(half & 0x7FFF)
  if magnitude >= 0x7C00 {  // infinity or not a number
    return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13)
  }
  if magnitude >= 0x0400 {
    return Float(bitPattern: sign | (magnitude << 13) + (112 << 23))
  }
  let subnormal = Float(magnitude) * 0x1p-24
  return Float(bitPattern: sign | subnormal.bitPattern)
}

/// The IEEE 754 binary16 nearest to a float32, ties to even; beyond 65,504 it becomes an infinity.
package func halfFromFloat(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
  if magnitude >= 0x4780_0000 { return sign | 0x7C00 }  // 65,536 and above
  if magnitude < 0x3880_0000 {  // below 2^-14: a subnormal half counts units of 2^-24
    let units = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
    return sign | UInt16(units)
  }
  // The carry out of the fraction raises the exponent, up to infinity: that is the right rounding.
  let rounded = magnitude + 0x0FFF + (magnitude >> 13 & 1)
  return sign | UInt16(truncatingIfNeeded: (rounded - (112 << 23)) >> 13)
}
