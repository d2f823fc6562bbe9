// The fingerprint of a source file.

import Crypto
import SedgeTensor

/// The SHA-256 of a file's bytes, read piece by piece.
func sha256(ofFile path: String) throws(FormatError) -> [UInt8] {
  let file = try InputFile(path: path)
  var hash = SHA256()
  var offset = 0
  while offset < file.byteCount {
    let bytes = try file.bytes(at: offset, count: min(1 << 22, file.byteCount - offset))
    hash.update(data: bytes)
    offset += bytes.count
  }
  return Array(hash.finalize())
}
