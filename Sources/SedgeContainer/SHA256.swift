// Fingerprints of source files, and of bytes.

package import SedgeTensor

#if canImport(CryptoKit)
  import CryptoKit
#else
  import COpenSSL
#endif

/// The SHA-256 of a file's bytes, read piece by piece.
///
/// - Throws: ``FormatError`` where the file cannot be read, or is not as it was at the time of the snapshot.
package func sha256(of snapshot: FileSnapshot) throws(FormatError) -> [UInt8] {
  let file = try snapshot.open()
  var hash = SHA256Hasher()
  var offset = 0
  while offset < file.byteCount {
    let bytes = try file.bytes(at: offset, count: min(1 << 22, file.byteCount - offset))
    hash.update(bytes)
    offset += bytes.count
  }
  try snapshot.requireUnchanged()
  return hash.digest()
}

/// The SHA-256 of pieces of bytes, one after another.
package func sha256(
  _ forEachPiece: (_ body: ([UInt8]) -> Void) throws(FormatError) -> Void
) throws(FormatError) -> [UInt8] {
  var hash = SHA256Hasher()
  try forEachPiece { hash.update($0) }
  return hash.digest()
}

/// The SHA-256 of bytes.
package func sha256(of bytes: [UInt8]) -> [UInt8] {
  var hash = SHA256Hasher()
  hash.update(bytes)
  return hash.digest()
}

#if canImport(CryptoKit)
  /// SHA-256 by the system's own library.
  private struct SHA256Hasher {
    private var hash = SHA256()

    mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

    func digest() -> [UInt8] { Array(hash.finalize()) }
  }
#else
  /// Owns one `EVP_MD_CTX`.
  @safe private struct SHA256Hasher: ~Copyable {
    private let context = unsafe EVP_MD_CTX_new()

    init() {
      guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
        preconditionFailure("libcrypto has no SHA-256")
      }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    mutating func update(_ bytes: [UInt8]) {
      _ = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    mutating func digest() -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 32)
      _ = unsafe bytes.withUnsafeMutableBufferPointer {
        unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
      }
      return bytes
    }
  }
#endif
