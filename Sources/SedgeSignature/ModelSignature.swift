// The signature of a file: a statement of its SHA-256, and an Ed25519 signature of the statement.

import SedgeContainer
package import SedgeTensor

/// The signature of a file, in a file of its own.
///
///     sedge-signature-v1
///     sha256 64 hexadecimal digits
///     key 64 hexadecimal digits
///     signature 88 characters
///
/// Each line ends with a line feed. What is signed is the first three lines, their line feeds included: the mark keeps the signature
/// from being taken for one of anything else. `key` is the SHA-256 of the public key in DER, to tell keys apart.
package struct ModelSignature: Hashable, Sendable {
  /// The SHA-256 of the file.
  package var sha256: [UInt8]
  /// The SHA-256 of the public key in DER.
  package var keyDigest: [UInt8]
  /// The Ed25519 signature of the statement.
  package var signature: [UInt8]

  /// The most bytes of a signature's file; one has 259.
  package static let largestByteCount = 1024

  private static let mark = "sedge-signature-v1"

  /// Signs a file.
  ///
  /// - Throws: ``FormatError`` where the file cannot be read, or changes meanwhile.
  package init(of file: FileSnapshot, key: Ed25519PrivateKey) throws(FormatError) {
    sha256 = try SedgeContainer.sha256(of: file)
    keyDigest = key.publicKey.digest
    signature = []
    signature = key.signature(for: statement)
  }

  /// Reads a signature.
  ///
  /// - Throws: ``FormatError`` where the file is none.
  package init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(.malformed("it has \(file.byteCount) bytes, a signature 259"), path: path)
    }
    try self.init(try file.bytes(at: 0, count: file.byteCount), path: path)
  }

  /// Reads a signature's text, which has one form only.
  package init(_ bytes: [UInt8], path: String) throws(FormatError) {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    func value(_ line: Int, _ key: String) -> String? {
      guard lines.count > line, lines[line].hasPrefix("\(key) ") else { return nil }
      return String(lines[line].dropFirst(key.utf8.count + 1))
    }
    guard lines.first == Self.mark, let digest = value(1, "sha256"), let key = value(2, "key"),
      let text = value(3, "signature"), let sha256 = [UInt8](hexadecimal: Array(digest.utf8)),
      let keyDigest = [UInt8](hexadecimal: Array(key.utf8)), let signature = Base64.bytes(text)
    else { throw FormatError(.malformed("it is no signature that sedge sign has written"), path: path) }
    (self.sha256, self.keyDigest, self.signature) = (sha256, keyDigest, signature)
    guard sha256.count == 32, keyDigest.count == 32,
      signature.count == Ed25519PublicKey.signatureByteCount, Array(self.text.utf8) == bytes
    else { throw FormatError(.malformed("it is no signature that sedge sign has written"), path: path) }
  }

  /// What is signed.
  package var statement: [UInt8] {
    Array("\(Self.mark)\nsha256 \(sha256.hexadecimalText)\nkey \(keyDigest.hexadecimalText)\n".utf8)
  }

  /// The contents of the signature's file.
  package var text: String {
    String(decoding: statement, as: UTF8.self) + "signature \(Base64.text(signature))\n"
  }

  /// Whether a file is the one that was signed with a key.
  ///
  /// - Throws: ``FormatError`` where the file cannot be read, ``SignatureFault`` where it is not.
  package func verify(_ file: FileSnapshot, key: Ed25519PublicKey) throws {
    guard keyDigest == key.digest else {
      throw SignatureFault.otherKey(signed: keyDigest.hexadecimalText, given: key.digest.hexadecimalText)
    }
    guard key.isValid(signature, for: statement) else { throw SignatureFault.damagedSignature }
    let found = try SedgeContainer.sha256(of: file)
    guard found == sha256 else {
      throw SignatureFault.otherFile(signed: sha256.hexadecimalText, found: found.hexadecimalText)
    }
  }
}

extension Ed25519PublicKey {
  /// The SHA-256 of the key in DER; `openssl pkey -pubin -in KEY -outform DER | sha256sum` prints the same.
  package var digest: [UInt8] { sha256(of: der) }
}

/// Why a signature does not hold.
package enum SignatureFault: Error, Hashable, Sendable {
  /// The signature is of another key; both by the SHA-256 of the public key in DER.
  case otherKey(signed: String, given: String)
  /// The key has not signed the statement: signature or statement were changed.
  case damagedSignature
  /// The signature is of other bytes; both by their SHA-256.
  case otherFile(signed: String, found: String)
}
