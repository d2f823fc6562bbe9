// Keys in PEM files, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them.

package import SedgeTensor
import SedgePlatform

extension Ed25519PrivateKey {
  /// What is before the key in a PKCS #8 structure of version 1 (RFC 5958, RFC 8410).
  private static let prefix: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]

  /// Reads a private key, from a file that nobody else can read.
  ///
  /// - Throws: ``FormatError`` where the file is no such key, or others may read or write it.
  package init(pemFile path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let pem = try PEM(file)
    // A file of something else has nothing to keep from others.
    try pem.require("PRIVATE KEY")
    try requirePrivate(file)
    self.init(seed: try pem.contents("PRIVATE KEY", prefix: Self.prefix))
  }
}

extension Ed25519PublicKey {
  /// What is before the key in a SubjectPublicKeyInfo (RFC 8410).
  private static let prefix: [UInt8] = [
    0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]

  /// The key in DER: a SubjectPublicKeyInfo.
  var der: [UInt8] { Self.prefix + bytes }

  /// Reads a public key.
  ///
  /// - Throws: ``FormatError`` where the file is no such key.
  package init(pemFile path: String) throws(FormatError) {
    self.init(bytes: try PEM(try InputFile(path: path)).contents("PUBLIC KEY", prefix: Self.prefix))
  }
}

/// Makes sure that group and others have no access to a file (`fstat`).
private func requirePrivate(_ file: InputFile) throws(FormatError) {
  var status = stat()
  guard unsafe fstat(file.descriptor, &status) == 0 else {
    throw FormatError(.cannotRead(reason: systemErrorText()), path: file.path)
  }
  guard status.st_mode & 0o077 == 0 else {
    throw FormatError(
      .cannotRead(reason: "others have access to this private key; chmod 600 takes it from them"),
      path: file.path)
  }
}

/// A text file with one block in Base64 between two lines (RFC 7468).
package struct PEM {
  /// The most bytes of a file; an Ed25519 key has 119.
  package static let largestByteCount = 1 << 14

  private let path: String
  private let label: String
  private let body: [UInt8]

  /// Reads a file with a single block.
  init(_ file: InputFile) throws(FormatError) {
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(
        .malformed("it has \(file.byteCount) bytes, a key at most \(Self.largestByteCount)"), path: file.path)
    }
    try self.init(try file.bytes(at: 0, count: file.byteCount), path: file.path)
  }

  /// Reads a text; what is before and behind the block is passed over, as RFC 7468 has it.
  package init(_ bytes: [UInt8], path: String) throws(FormatError) {
    let lines = bytes.split(omittingEmptySubsequences: true) { $0 == 10 || $0 == 13 }.map { line in
      String(decoding: line, as: UTF8.self)
    }
    guard let first = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN ") && $0.hasSuffix("-----") }),
      case let label = String(lines[first].dropFirst(11).dropLast(5)),
      let last = lines[first...].firstIndex(of: "-----END \(label)-----")
    else { throw FormatError(.malformed("it is no key in PEM"), path: path) }
    guard let body = Base64.bytes(lines[(first + 1)..<last].joined()) else {
      throw FormatError(.malformed("the block of its \(label) is no Base64"), path: path)
    }
    (self.path, self.label, self.body) = (path, label, body)
  }

  /// Makes sure of the kind of block that a file has.
  func require(_ wanted: String) throws(FormatError) {
    guard label == wanted else {
      throw FormatError(
        .malformed("its block is \(label), expected \(wanted) of Ed25519; \(Self.remedy(wanted))"), path: path
      )
    }
  }

  /// How OpenSSL makes a key.
  private static func remedy(_ label: String) -> String {
    label == "PUBLIC KEY"
      ? "openssl pkey -in private.pem -pubout -out public.pem writes that of a private key"
      : "openssl genpkey -algorithm ed25519 -out private.pem makes one"
  }

  /// The 32 bytes of a key behind a fixed prefix.
  package func contents(_ wanted: String, prefix: [UInt8]) throws(FormatError) -> [UInt8] {
    try require(wanted)
    guard body.starts(with: prefix), body.count == prefix.count + Ed25519PrivateKey.byteCount else {
      throw FormatError(
        .malformed("its \(label) is of another kind than Ed25519; \(Self.remedy(wanted))"), path: path)
    }
    return Array(body.dropFirst(prefix.count))
  }
}
