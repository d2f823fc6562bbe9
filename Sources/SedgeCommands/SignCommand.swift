// sedge sign: a signature of a .sedge file.

import ArgumentParser
import SedgeCheckpoint
import SedgeContainer
import SedgeSignature
import SedgeTensor

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a .sedge file with an Ed25519 key.",
    usage: "sedge sign <model.sedge> --key <private.pem> [<options>]",
    discussion: """
      Writes a signature of the file's SHA-256, which sedge verify --key checks; OpenSSL can check it too. The key is made by \
      openssl genpkey -algorithm ed25519 -out private.pem, its public part by openssl pkey -in private.pem -pubout -out public.pem.
      """)

  @Argument(
    help: ArgumentHelp("The file to sign.", valueName: "model.sedge"),
    completion: .file(extensions: ["sedge"]))
  var model: String

  @Option(
    help: ArgumentHelp("The private key, which nobody else can read.", valueName: "private.pem"),
    completion: .file(extensions: ["pem"]))
  var key: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The signature. (default: model.sedge.sig)", valueName: "model.sedge.sig"),
    completion: .file())
  var output: String?

  @OptionGroup var overwrite: OverwriteOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let output { try OutputFormat.signature.check("--output", output) }
  }

  func run() throws {
    let path = output ?? SignatureOptions.defaultPath(of: model)
    try checkOutputs([("--output", path)], inputs: [model, key])
    try overwrite.check("--output", path)
    let file = try openSedgeFile(path: model)
    // What is damaged is not to be vouched for.
    try file.verifyChecksums()
    let signature = try ModelSignature(of: file.snapshot, key: Ed25519PrivateKey(pemFile: key))
    unsafe try OutputFile.write(Array(signature.text.utf8).span.bytes, to: path)
    let report = SignatureJSON(
      file: model, signature: path, sha256: signature.sha256.hexadecimalText,
      key: signature.keyDigest.hexadecimalText)
    if json { try printJSON(report) } else { print(OutputLine(lines: ["\(path): signed"] + report.lines)) }
  }
}

/// A signature that was made, as `sign --json` prints it, or holds.
struct SignatureJSON: JSONReport {
  static var kind: ReportKind { .sign }

  var file: String
  var signature: String
  var sha256: String
  /// The SHA-256 of the public key in DER.
  var key: String

  var lines: [String] { ["SHA-256  \(sha256)", "key      \(key)"] }
}
