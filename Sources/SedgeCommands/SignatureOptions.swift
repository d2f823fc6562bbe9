// The options that say how a file is signed.

import ArgumentParser
import SedgeCheckpoint
import SedgeContainer
import SedgeSignature
import SedgeTensor

/// A public key, and the signature that it is to hold against a file.
struct SignatureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The public key of Ed25519 that the file was signed with; exit code 4 if the signature does not hold.",
      valueName: "public.pem"),
    completion: .file(extensions: ["pem"]))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "With --key: the signature that sedge sign wrote. (default: model.sedge.sig)",
      valueName: "model.sedge.sig"), completion: .file())
  var signature: String?

  func validate() throws {
    if signature != nil, key == nil { throw ValidationError("--signature goes with --key.") }
  }

  /// Where a file's signature is by default.
  static func defaultPath(of model: String) -> String { "\(model).sig" }

  /// The files that are read to check a file's signature.
  func files(of model: String) -> [String] {
    key.map { [$0, signature ?? Self.defaultPath(of: model)] } ?? []
  }

  /// Checks a file's signature; `nil` where no key is given.
  ///
  /// - Throws: ``SignatureError`` where it does not hold, `FormatError` where a file cannot be read.
  func verify(_ model: String) throws -> SignatureJSON? {
    guard let key else { return nil }
    let path = signature ?? Self.defaultPath(of: model)
    let publicKey = try Ed25519PublicKey(pemFile: key)
    let file = try InputFile(path: model).snapshot
    let found = try ModelSignature(path: path)
    do {
      try found.verify(file, key: publicKey)
    } catch let fault as SignatureFault {
      throw SignatureError(fault: fault, model: model, signature: path, key: key)
    }
    return SignatureJSON(
      file: model, signature: path, sha256: found.sha256.hexadecimalText,
      key: found.keyDigest.hexadecimalText)
  }
}

/// A signature does not hold; the exit code is ``exitCode``.
struct SignatureError: Error, CustomStringConvertible {
  static let exitCode: Int32 = 4

  var fault: SignatureFault
  var model: String
  var signature: String
  var key: String

  var description: String {
    switch fault {
    case .otherKey(let signed, let given):
      "\(signature): was signed with the key \(signed), \(key) is \(given)"
    case .damagedSignature:
      "\(signature): is no signature of \(key): it was changed, or forged"
    case .otherFile(let signed, let found):
      damage.map { "\(model): is damaged, so that it is not what was signed: \($0)" }
        ?? "\(signature): is the signature of another file, of SHA-256 \(signed); \(model) has \(found)"
    }
  }

  /// The first damage that the file's own checksums show; `nil` where it is whole, or no `.sedge` file at all.
  private var damage: String? {
    do {
      try openSedgeFile(path: model).verifyChecksums()
      return nil
    } catch let error as FormatError {
      return FormatError(error.kind, tensor: error.tensor, byteOffset: error.byteOffset).description
    } catch {
      return nil
    }
  }
}
