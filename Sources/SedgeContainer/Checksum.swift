// The checksum of all parts of a .sedge file.

internal import CXXHash

/// XXH3, 64 bits, seed 0 (`XXH3_64bits`).
package func checksum(_ bytes: RawSpan) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
}
