// Ed25519 (RFC 8032) by the library of the system.

import SedgePlatform

#if canImport(CryptoKit)
  import CryptoKit
  import Foundation
#else
  import COpenSSL
#endif

/// A private key: it signs.
package struct Ed25519PrivateKey: Sendable {
  /// Bytes of a private or a public key.
  static let byteCount = 32

  private let seed: [UInt8]
  /// The key that others verify with.
  package let publicKey: Ed25519PublicKey

  /// Takes 32 bytes, any of which are a key.
  init(seed: [UInt8]) {
    precondition(seed.count == Self.byteCount)
    self.seed = seed
    publicKey = Ed25519PublicKey(bytes: Self.publicBytes(seed))
  }
}

/// A public key: it tells whether the private key has signed.
package struct Ed25519PublicKey: Hashable, Sendable {
  /// 32 bytes.
  let bytes: [UInt8]

  /// Takes 32 bytes.
  init(bytes: [UInt8]) {
    precondition(bytes.count == Ed25519PrivateKey.byteCount)
    self.bytes = bytes
  }

  /// Bytes of a signature.
  static let signatureByteCount = 64
}

#if canImport(CryptoKit)
  extension Ed25519PrivateKey {
    private static func key(_ seed: [UInt8]) -> Curve25519.Signing.PrivateKey {
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
        preconditionFailure("32 bytes are a key")
      }
      return key
    }

    private static func publicBytes(_ seed: [UInt8]) -> [UInt8] {
      Array(key(seed).publicKey.rawRepresentation)
    }

    /// Signs a message (`Curve25519.Signing`): 64 bytes.
    func signature(for message: [UInt8]) -> [UInt8] {
      guard let signature = try? Self.key(seed).signature(for: message) else {
        preconditionFailure("a key signs any message")
      }
      return Array(signature)
    }
  }

  extension Ed25519PublicKey {
    /// Whether the private key has signed a message (`Curve25519.Signing`).
    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
      (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes))?
        .isValidSignature(signature, for: message) ?? false
    }
  }
#else
  /// Owns one `EVP_PKEY`.
  @safe private struct OpenSSLKey: ~Copyable {
    let pointer: OpaquePointer

    /// `nil` for bytes that libcrypto does not take.
    init?(_ pointer: OpaquePointer?) {
      guard let pointer = unsafe pointer else { return nil }
      unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }
  }

  /// Owns one `EVP_MD_CTX`.
  @safe private struct OpenSSLContext: ~Copyable {
    let pointer = unsafe EVP_MD_CTX_new()

    deinit { unsafe EVP_MD_CTX_free(pointer) }
  }

  extension Ed25519PrivateKey {
    private static func key(_ seed: [UInt8]) -> OpenSSLKey {
      guard
        let key = unsafe OpenSSLKey(
          EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count))
      else { preconditionFailure("libcrypto has no Ed25519") }
      return key
    }

    private static func publicBytes(_ seed: [UInt8]) -> [UInt8] {
      let key = key(seed)
      var bytes = [UInt8](repeating: 0, count: byteCount)
      var count = bytes.count
      guard unsafe EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &count) == 1, count == byteCount else {
        preconditionFailure("a private key has a public one")
      }
      return bytes
    }

    /// Signs a message (`EVP_DigestSign`): 64 bytes.
    func signature(for message: [UInt8]) -> [UInt8] {
      let key = Self.key(seed)
      let context = OpenSSLContext()
      var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
      var count = bytes.count
      guard unsafe EVP_DigestSignInit(context.pointer, nil, nil, nil, key.pointer) == 1,
        unsafe EVP_DigestSign(context.pointer, &bytes, &count, message, message.count) == 1,
        count == bytes.count
      else { preconditionFailure("a key signs any message") }
      return bytes
    }
  }

  extension Ed25519PublicKey {
    /// Whether the private key has signed a message (`EVP_DigestVerify`).
    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
      guard
        let key = unsafe OpenSSLKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count))
      else { return false }
      let context = OpenSSLContext()
      return unsafe EVP_DigestVerifyInit(context.pointer, nil, nil, nil, key.pointer) == 1
        && EVP_DigestVerify(context.pointer, signature, signature.count, message, message.count) == 1
    }
  }
#endif
