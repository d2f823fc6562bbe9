// Signatures: keys and vectors of RFC 8032 and OpenSSL, and every way in which a signature does not hold.

import SedgeSignature
import SedgePlatform
import SedgeTensor
import TestSupport
import Testing

/// The keys of `openssl genpkey -algorithm ed25519` for the seed of RFC 8032, 7.1, test 1.
private let privatePEM = """
  -----BEGIN PRIVATE KEY-----
  MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
  -----END PRIVATE KEY-----

  """
private let publicPEM = """
  -----BEGIN PUBLIC KEY-----
  MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
  -----END PUBLIC KEY-----

  """
/// Of another key, of test 2.
private let otherPEM = """
  -----BEGIN PUBLIC KEY-----
  MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=
  -----END PUBLIC KEY-----

  """

/// A folder with keys and a file to sign.
private struct Desk {
  let folder: TemporaryFolder
  let file: String

  init() throws {
    folder = try TemporaryFolder()
    file = try folder.write(Array("a model".utf8), to: "model")
    for (name, text) in [("private.pem", privatePEM), ("public.pem", publicPEM), ("other.pem", otherPEM)] {
      _ = try folder.write(Array(text.utf8), to: name)
    }
    #expect(unsafe chmod(folder.file("private.pem"), 0o600) == 0)
  }

  func publicKey(_ name: String = "public.pem") throws -> Ed25519PublicKey {
    try Ed25519PublicKey(pemFile: folder.file(name))
  }

  func sign() throws -> ModelSignature {
    try ModelSignature(
      of: try InputFile(path: file).snapshot, key: Ed25519PrivateKey(pemFile: folder.file("private.pem")))
  }

  func verify(_ signature: ModelSignature, _ key: String = "public.pem") throws {
    try signature.verify(try InputFile(path: file).snapshot, key: publicKey(key))
  }
}

@Suite("Signatures")
struct SignatureTests {
  @Test("A private key has the public key of RFC 8032")
  func keyPair() throws {
    let desk = try Desk()
    #expect(
      try Ed25519PrivateKey(pemFile: desk.folder.file("private.pem")).publicKey == desk.publicKey())
  }

  @Test("A signature holds for its file and its key, also read back from its text")
  func holds() throws {
    let desk = try Desk()
    let signature = try desk.sign()
    try desk.verify(signature)
    let read = try ModelSignature(Array(signature.text.utf8), path: "s")
    #expect(read == signature)
    // Ed25519 has no randomness.
    #expect(try desk.sign() == signature)
    // sha256sum of the file, and of the key in DER.
    #expect(
      signature.text.hasPrefix(
        "sedge-signature-v1\nsha256 97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c\nkey "))
    #expect(signature.text.utf8.count == 259)
  }

  @Test("Another key, another file and a changed signature are told apart")
  func faults() throws {
    let desk = try Desk()
    let signature = try desk.sign()
    #expect(
      throws: SignatureFault.otherKey(
        signed: try desk.publicKey().digest.hexadecimalText,
        given: try desk.publicKey("other.pem").digest.hexadecimalText)
    ) { try desk.verify(signature, "other.pem") }
    var changed = signature
    changed.signature[7] ^= 1
    #expect(throws: SignatureFault.damagedSignature) { try desk.verify(changed) }
    changed = signature
    changed.sha256[0] ^= 1
    #expect(throws: SignatureFault.damagedSignature) { try desk.verify(changed) }
    changed = signature
    changed.keyDigest = try desk.publicKey("other.pem").digest
    #expect(throws: SignatureFault.damagedSignature) { try desk.verify(changed, "other.pem") }
    _ = try desk.folder.write(Array("another model".utf8), to: "model")
    let error = #expect(throws: SignatureFault.self) { try desk.verify(signature) }
    guard case .otherFile = error else {
      Issue.record("\(String(describing: error)), expected another file")
      return
    }
  }

  @Test("No changed byte of a signature goes unnoticed")
  func everyByte() throws {
    let desk = try Desk()
    let bytes = Array(try desk.sign().text.utf8)
    for index in bytes.indices {
      for bit in [1, 0x20, 0x80] as [UInt8] {
        var changed = bytes
        changed[index] ^= bit
        #expect(throws: (any Error).self) { try desk.verify(try ModelSignature(changed, path: "s")) }
      }
      #expect(throws: (any Error).self) { try ModelSignature(Array(bytes[..<index]), path: "s") }
    }
    for more in ["\n", "x", "\0"] {
      #expect(throws: FormatError.self) { try ModelSignature(bytes + Array(more.utf8), path: "s") }
    }
  }

  @Test("A private key that others can read is refused", arguments: [0o640, 0o604, 0o602, 0o660] as [mode_t])
  func permissions(_ mode: mode_t) throws {
    let desk = try Desk()
    #expect(unsafe chmod(desk.folder.file("private.pem"), mode) == 0)
    let error = #expect(throws: FormatError.self) { try desk.sign() }
    #expect(
      error?.kind
        == .cannotRead(reason: "others have access to this private key; chmod 600 takes it from them"))
  }

  @Test(
    "What is no key is refused",
    arguments: [
      ("", "it is no key in PEM"),
      ("-----BEGIN PUBLIC KEY-----\n", "it is no key in PEM"),
      (
        privatePEM,
        "its block is PRIVATE KEY, expected PUBLIC KEY of Ed25519; openssl pkey -in private.pem -pubout -out public.pem writes that of a private key"
      ),
      (
        "-----BEGIN PUBLIC KEY-----\n*\n-----END PUBLIC KEY-----\n",
        "the block of its PUBLIC KEY is no Base64"
      ),
      (
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
        "its PUBLIC KEY is of another kind than Ed25519; openssl pkey -in private.pem -pubout -out public.pem writes that of a private key"
      ),
      (String(repeating: "x", count: PEM.largestByteCount + 1), "it has 16385 bytes, a key at most 16384"),
    ])
  func noKey(_ text: String, _ reason: String) throws {
    let desk = try Desk()
    let path = try desk.folder.write(Array(text.utf8), to: "key.pem")
    let error = #expect(throws: FormatError.self) { try Ed25519PublicKey(pemFile: path) }
    #expect(error?.kind == .malformed(reason))
  }

  @Test("Text around a key, and lines that end as on Windows, are passed over")
  func lenient() throws {
    let desk = try Desk()
    let text = "Bag Attributes\n" + publicPEM.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
    let path = try desk.folder.write(Array(text.utf8), to: "key.pem")
    #expect(try Ed25519PublicKey(pemFile: path) == desk.publicKey())
  }
}
