// Floats split into planes of bytes, each plane compressed.

internal import CSedgeCoding
internal import SedgeByteCompression
package import SedgeTensor

/// Stores float32 or float16 elements without loss, in one plane for each byte of an element.
///
/// An element's bits are rotated left by one, so that the exponent fills the first byte. Trained weights have exponents
/// of 2 to 3 bits of information; signs and mantissas are noise and stay as they are.
package struct PlanesCodec: TensorCodec {
  /// Bytes an element: 4 for float32, 2 for float16.
  private let width: Int

  /// float32, lossless.
  package static let float32 = PlanesCodec(width: 4)
  /// float16, rounded to nearest, ties to even.
  package static let float16 = PlanesCodec(width: 2)

  private init(width: Int) { self.width = width }

  /// The codec's name.
  package var identifier: CodecIdentifier { width == 4 ? .f32Planes : .f16Planes }

  /// How a plane is stored: its first byte.
  private enum Storage: UInt8 {
    /// The bytes themselves follow.
    case raw
    /// A length of 8 bytes, little-endian, and a Zstandard frame follow.
    case zstd
  }

  /// Zstandard's fastest level: entropy coding, which is all that planes of signs and mantissas allow.
  private static let level = 1
  /// Bytes that precede a compressed plane: its storage and its length.
  private static let overhead = 9

  /// At most the bytes of raw planes.
  package func codeByteCountRange(rows: Int, columns: Int) -> ClosedRange<Int> {
    let elements = rows * columns
    return max(width, width * elements / ZstdFrame.largestExpansion)...width * (elements + Self.overhead)
  }

  /// Splits the elements into planes; `nil` where float16 does not represent them.
  package func encode(_ values: Span<Float>, rows: Int, columns: Int) -> EncodedTensor? {
    precondition(values.count == rows * columns)
    if width == 2, !Float16Codec.holds(values) { return nil }
    var codes: [UInt8] = []
    for plane in 0..<width {
      var bytes = [UInt8](repeating: 0, count: values.count)
      for i in values.indices {
        bytes[i] =
          width == 4
          ? Self.byte(plane, of: values[i].bitPattern) : Self.byte(plane, of: halfFromFloat(values[i]))
      }
      guard Self.append(bytes, to: &codes) else { return nil }
    }
    return EncodedTensor(codes: codes)
  }

  /// A byte of the rotated bits, the highest first.
  private static func byte<Bits: FixedWidthInteger & UnsignedInteger>(_ plane: Int, of bits: Bits) -> UInt8 {
    let rotated = bits << 1 | bits >> (Bits.bitWidth - 1)
    return UInt8(truncatingIfNeeded: rotated >> (Bits.bitWidth - 8 * (plane + 1)))
  }

  /// Appends a plane raw or compressed, the smaller of the two; false where memory runs out.
  private static func append(_ plane: [UInt8], to codes: inout [UInt8]) -> Bool {
    do throws(FormatError) {
      let frame = unsafe try ZstdFrame.compress(plane.span.bytes, level: level)
      if frame.count + 8 < plane.count {
        codes.append(Storage.zstd.rawValue)
        for byte in 0..<8 { codes.append(UInt8(truncatingIfNeeded: frame.count >> (8 * byte))) }
        codes += frame
      } else {
        codes.append(Storage.raw.rawValue)
        codes += plane
      }
      return true
    } catch {
      return false
    }
  }

  /// Joins the planes.
  ///
  /// - Throws: ``FormatError`` for a plane that is damaged or has another size, or an element that is not finite.
  package func decode(
    codes: RawSpan, scales: Span<Float>, rows: Int, columns: Int
  ) throws(FormatError) -> [Float] {
    precondition(codeByteCountRange(rows: rows, columns: columns).contains(codes.byteCount) && scales.isEmpty)
    let count = rows * columns
    var planes: [UInt8] = []
    planes.reserveCapacity(width * count)
    var offset = 0
    for _ in 0..<width { try Self.appendPlane(codes, at: &offset, count: count, to: &planes) }
    guard offset == codes.byteCount else {
      throw FormatError(.malformed("\(codes.byteCount - offset) bytes follow its planes"))
    }
    let values = width == 4 ? Self.floats(planes) : Self.halves(planes)
    try requireFinite(values.span)
    return values
  }

  /// The elements of four planes, one after the other.
  private static func floats(_ planes: [UInt8]) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: planes.count / 4) { values, count in
      count = planes.count / 4
      unsafe planes.withUnsafeBufferPointer {
        unsafe sedge_join_planes($0.baseAddress, count, values.baseAddress)
      }
    }
  }

  /// The elements of two planes, one after the other.
  private static func halves(_ planes: [UInt8]) -> [Float] {
    let count = planes.count / 2
    return (0..<count).map { i in
      let bits = UInt16(planes[i]) << 8 | UInt16(planes[count + i])
      return floatFromHalf(bits >> 1 | bits << 15)
    }
  }

  private static func appendPlane(
    _ codes: RawSpan, at offset: inout Int, count: Int, to planes: inout [UInt8]
  ) throws(FormatError) {
    guard offset < codes.byteCount,
      let storage = Storage(rawValue: codes.littleEndian(at: offset, as: UInt8.self))
    else { throw FormatError(.malformed("there is no plane of bytes at byte \(offset)")) }
    offset += 1
    var length = count
    if storage == .zstd {
      guard codes.byteCount - offset >= 8 else {
        throw FormatError(.malformed("a plane ends before its length"))
      }
      let stored = codes.littleEndian(at: offset, as: UInt64.self)
      offset += 8
      length = Int(clamping: stored)
    }
    guard length <= codes.byteCount - offset else {
      throw FormatError(.malformed("a plane has \(length) bytes, and \(codes.byteCount - offset) are left"))
    }
    let bytes = codes.extracting(offset..<offset + length)
    offset += length
    switch storage {
    case .raw: unsafe bytes.withUnsafeBytes { unsafe planes.append(contentsOf: $0) }
    case .zstd:
      guard count / ZstdFrame.largestExpansion <= length else {
        throw FormatError(.malformed("\(length) bytes of zstd cannot hold \(count)"))
      }
      planes += try ZstdFrame.decompress(bytes, plainByteCount: count)
    }
  }
}
