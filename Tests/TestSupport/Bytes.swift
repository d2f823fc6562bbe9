// Bytes of files, tensors and numbers.

import Foundation
package import SedgeTensor

/// All bytes of a file.
package func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The bytes of an integer, the least significant first.
package func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// The bytes of a float32, the least significant first.
package func littleEndian(_ value: Float) -> [UInt8] { littleEndian(value.bitPattern) }

extension TensorArchive {
  /// The stored bytes of a tensor.
  package func bytes(of info: TensorInfo) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: info.byteCount)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(info, into: &raw)
    return bytes
  }
}
