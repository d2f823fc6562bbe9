// Zstandard frames, written and read whole.

internal import CZstd
package import SedgeTensor

/// One Zstandard frame with its content size.
package enum ZstdFrame {
  /// No frame expands more: a block of 128 KiB takes 4 bytes at least.
  package static let largestExpansion = 32_768

  /// Compresses bytes on the calling thread (`ZSTD_compress`); the same bytes and level give the same frame.
  package static func compress(_ plain: RawSpan, level: Int) throws(FormatError) -> [UInt8] {
    let bound = ZSTD_compressBound(plain.byteCount)
    var result = 0
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      result = unsafe plain.withUnsafeBytes { input in
        unsafe ZSTD_compress(output.baseAddress, bound, input.baseAddress, input.count, Int32(level))
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    guard ZSTD_isError(result) == 0 else {
      throw FormatError(.cannotWrite(reason: "zstd: \(errorName(result))"))
    }
    return frame
  }

  /// Decompresses a frame (`ZSTD_decompress`) that must be whole, alone, and of the expected size.
  ///
  /// - Parameter name: What an error calls it.
  package static func decompress(
    _ frame: RawSpan, plainByteCount: Int, name: String = "its zstd frame"
  ) throws(FormatError) -> [UInt8] {
    let contentSize = contentByteCount(of: frame)
    let frameSize = unsafe frame.withUnsafeBytes { input in
      unsafe ZSTD_findFrameCompressedSize(input.baseAddress, input.count)
    }
    guard ZSTD_isError(frameSize) == 0 else {
      throw FormatError(.malformed("\(name) is damaged: \(errorName(frameSize))"))
    }
    guard frameSize == frame.byteCount else {
      throw FormatError(
        .malformed("\(name) has \(frameSize) bytes, expected the stored \(frame.byteCount)"))
    }
    guard contentSize == plainByteCount else {
      let found = contentSize.map { "\($0) bytes" } ?? "no size"
      throw FormatError(.malformed("\(name) declares \(found), expected \(plainByteCount) bytes"))
    }
    var result = 0
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: plainByteCount) { output, count in
      result = unsafe frame.withUnsafeBytes { input in
        unsafe ZSTD_decompress(output.baseAddress, plainByteCount, input.baseAddress, input.count)
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    guard ZSTD_isError(result) == 0 else {
      throw FormatError(.malformed("\(name) is damaged: \(errorName(result))"))
    }
    guard plain.count == plainByteCount else {
      throw FormatError(.malformed("\(name) has \(plain.count) bytes, expected \(plainByteCount)"))
    }
    return plain
  }

  /// Decompresses a frame that must be whole, alone, and of at most `limit` bytes.
  package static func decompress(_ frame: RawSpan, limit: Int) throws(FormatError) -> [UInt8] {
    guard let byteCount = contentByteCount(of: frame), byteCount <= limit else {
      throw FormatError(.malformed("its zstd frame declares no size of at most \(limit) bytes"))
    }
    return try decompress(frame, plainByteCount: byteCount)
  }

  /// The size that a frame declares (`ZSTD_getFrameContentSize`); `nil` where it declares none.
  private static func contentByteCount(of frame: RawSpan) -> Int? {
    let byteCount = unsafe frame.withUnsafeBytes { input in
      unsafe ZSTD_getFrameContentSize(input.baseAddress, input.count)
    }
    return Int(exactly: byteCount)
  }

  private static func errorName(_ code: Int) -> String { unsafe String(cString: ZSTD_getErrorName(code)) }
}
