// sedge sign and verify --key, alone and beside OpenSSL.

import Foundation
import SedgePlatform
import TestSupport
import Testing

@Suite("sign and verify --key")
struct SignTests {
  private static let openSSL = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// A folder with a model and keys that OpenSSL has made.
  private static func desk() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write(bytes(of: try Inputs.shared.file("linear.sedge")), to: "m.sedge")
    _ = try folder.write(bytes(of: try Inputs.shared.file("clip_linear.sedge")), to: "other.sedge")
    for name in ["private", "stranger"] {
      let made = try SedgeProgram.shell(
        "umask 077; \"$0\" genpkey -algorithm ed25519 -out \"$1\" && \"$0\" pkey -in \"$1\" -pubout -out \"$1.pub\"",
        [try #require(openSSL), folder.file("\(name).pem")])
      #expect(made.status == 0, "\(made.diagnostics)")
    }
    return folder
  }

  private static func verify(
    _ folder: TemporaryFolder, model: String = "m.sedge", key: String = "private.pem.pub",
    _ more: [String] = []
  ) throws -> SedgeProgram.Outcome {
    try SedgeProgram.run(["verify", folder.file(model), "--key", folder.file(key)] + more)
  }

  @Test("A signature by a key of OpenSSL holds, here and for OpenSSL", .enabled(if: openSSL != nil))
  func holds() throws {
    let folder = try Self.desk()
    let signed = try SedgeProgram.run([
      "sign", folder.file("m.sedge"), "--key", folder.file("private.pem"), "--json",
    ])
    #expect(signed.status == 0, "\(signed.diagnostics)")
    let report = try signed.json()
    #expect(report["signature"] as? String == folder.file("m.sedge.sig"))
    let verified = try Self.verify(folder)
    #expect(verified.status == 0 && verified.output.contains(" holds\nSHA-256  \(report["sha256"] ?? "")\n"))
    let json = try Self.verify(folder, ["--json"]).json()
    #expect(json["passes"] as? Bool == true)
    // The commands of docs/security.md.
    let line = """
      cd "$1" && head -n 3 m.sedge.sig > statement &&
      sed -n 's/^signature //p' m.sedge.sig | "$0" base64 -d -A > signature &&
      "$0" pkeyutl -verify -pubin -inkey private.pem.pub -rawin -in statement -sigfile signature &&
      "$0" pkey -pubin -in private.pem.pub -outform DER | "$0" dgst -sha256 -r && "$0" dgst -sha256 -r m.sedge
      """
    let checked = try SedgeProgram.shell(line, [try #require(Self.openSSL), folder.path])
    #expect(checked.status == 0, "\(checked.diagnostics)")
    #expect(checked.output.contains("Signature Verified Successfully"))
    #expect(checked.output.contains("\(report["key"] as? String ?? "none") "))
    #expect(checked.output.contains("\(report["sha256"] as? String ?? "none") "))
  }

  @Test(
    "The page of a signature says that nothing was compared, and has key and SHA-256",
    .enabled(if: openSSL != nil))
  func page() throws {
    let folder = try Self.desk()
    let signed = try SedgeProgram.run([
      "sign", folder.file("m.sedge"), "--key", folder.file("private.pem"), "--json",
    ]).json()
    let outcome = try Self.verify(folder, ["--html", folder.file("own.html")])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let report = try folder.write(Array(Self.verify(folder, ["--json"]).output.utf8), to: "r.json")
    #expect(try SedgeProgram.run(["report", report, "--html", folder.file("later.html")]).status == 0)
    for name in ["own.html", "later.html"] {
      let page = String(decoding: try bytes(of: folder.file(name)), as: UTF8.self)
      #expect(page.contains("The signature holds; nothing was compared"))
      #expect(page.contains("m.sedge: verification"))
      for key in ["sha256", "key"] { #expect(page.contains(try #require(signed[key] as? String))) }
      #expect(!page.contains("Pass") && !page.contains("within its limit"))
    }
    // Beside a comparison the signature is on the page as well.
    let compared = try Self.verify(
      folder,
      ["--golden", fixture("tiny/linear.golden.safetensors"), "--html", folder.file("compared.html")])
    #expect(compared.status == 0, "\(compared.output)\(compared.diagnostics)")
    let page = String(decoding: try bytes(of: folder.file("compared.html")), as: UTF8.self)
    #expect(page.contains("Pass"))
    #expect(page.contains(try #require(signed["key"] as? String)))
  }

  @Test(
    "Options of a comparison mean nothing to a signature, and are refused",
    arguments: [
      ["--threshold", "labels=1"], ["--compute", "int8"], ["--threads", "1"], ["--preprocess", "sed"],
      ["--verbose"], ["--no-layers"], ["--layers"], ["--costs"], ["--suggest", "p.json"],
    ])
  func meaningless(_ options: [String]) throws {
    let outcome = try SedgeProgram.run(["verify", "m.sedge", "--key", "public.pem"] + options)
    #expect(outcome.status == 64 && outcome.diagnostics.contains(options[0]), "\(outcome.diagnostics)")
  }

  @Test(
    "A checkpoint is neither signed nor called damaged, and a signature has no ending of another format",
    .enabled(if: openSSL != nil))
  func others() throws {
    let folder = try Self.desk()
    let key = ["--key", folder.file("private.pem")]
    let checkpoint = try SedgeProgram.run(["sign", shapesCheckpoint, "-o", folder.file("s.sig")] + key)
    #expect(checkpoint.status == 2 && checkpoint.errors.contains("is a checkpoint, expected a .sedge file"))
    #expect(try SedgeProgram.run(["sign", folder.file("m.sedge")] + key).status == 0)
    let other = try SedgeProgram.run([
      "verify", shapesCheckpoint, "--key", folder.file("private.pem.pub"), "--signature",
      folder.file("m.sedge.sig"),
    ])
    #expect(other.status == 4 && other.errors.contains(": is the signature of another file, of SHA-256 "))
    for ending in ["png", "json", "safetensors", "sedge"] {
      let named = try SedgeProgram.run(
        ["sign", folder.file("m.sedge"), "-o", folder.file("x.\(ending)")] + key)
      #expect(named.status == 64 && named.diagnostics.contains("x.sig"), "\(named.diagnostics)")
    }
    // A public key is no private one that others can read.
    let wrong = try SedgeProgram.run([
      "sign", folder.file("m.sedge"), "-o", folder.file("y.sig"), "--key", folder.file("private.pem.pub"),
    ])
    #expect(wrong.status == 2 && wrong.errors.contains("openssl genpkey -algorithm ed25519"))
    #expect(!wrong.errors.contains("chmod"))
  }

  @Test(
    "Each way in which a signature does not hold has an error of its own, and exit code 4",
    .enabled(if: openSSL != nil))
  func faults() throws {
    let folder = try Self.desk()
    for model in ["m.sedge", "other.sedge"] {
      let signed = try SedgeProgram.run(["sign", folder.file(model), "--key", folder.file("private.pem")])
      #expect(signed.status == 0, "\(signed.diagnostics)")
    }
    let stranger = try Self.verify(folder, key: "stranger.pem.pub")
    #expect(stranger.status == 4 && stranger.errors.contains(": was signed with the key "))
    let other = try Self.verify(folder, ["--signature", folder.file("other.sedge.sig")])
    #expect(other.status == 4 && other.errors.contains(": is the signature of another file, of SHA-256 "))
    let error = try Self.verify(folder, ["--signature", folder.file("other.sedge.sig"), "--json"]).json()
    #expect((error["error"] as? [String: Any])?["exit_code"] as? Int == 4)

    var signature = try bytes(of: folder.file("m.sedge.sig"))
    let place = signature.count - 20
    signature[place] = signature[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    _ = try folder.write(signature, to: "m.sedge.sig")
    let damaged = try Self.verify(folder)
    #expect(damaged.status == 4 && damaged.errors.contains(": it was changed, or forged"))

    _ = try SedgeProgram.run(["sign", folder.file("m.sedge"), "--key", folder.file("private.pem"), "--force"])
    var model = try bytes(of: folder.file("m.sedge"))
    model[model.count / 2] ^= 1
    _ = try folder.write(model, to: "m.sedge")
    let changed = try Self.verify(folder)
    #expect(
      changed.status == 4 && changed.errors.contains(": is damaged, so that it is not what was signed: "))
    // What is damaged is not signed either.
    let signed = try SedgeProgram.run([
      "sign", folder.file("m.sedge"), "--key", folder.file("private.pem"), "--force",
    ])
    #expect(signed.status == 2)
  }

  @Test(
    "What cannot be read is an input error, and an existing signature stays", .enabled(if: openSSL != nil))
  func inputs() throws {
    let folder = try Self.desk()
    let missing = try Self.verify(folder)
    #expect(missing.status == 2 && missing.errors.contains("m.sedge.sig"))
    _ = try folder.write(Array("no signature".utf8), to: "m.sedge.sig")
    #expect(try Self.verify(folder).status == 2)
    #expect(
      try Self.verify(folder, key: "private.pem").errors.contains(
        "its block is PRIVATE KEY, expected PUBLIC KEY"))
    let arguments = ["sign", folder.file("m.sedge"), "--key", folder.file("private.pem")]
    let existing = try SedgeProgram.run(arguments)
    #expect(existing.status == 2 && existing.errors.contains("exists; give --force"))
    #expect(try SedgeProgram.run(arguments + ["-o", folder.file("m.sedge"), "--force"]).status == 64)
    #expect(unsafe chmod(folder.file("private.pem"), 0o644) == 0)
    let open = try SedgeProgram.run(arguments + ["--force"])
    #expect(open.status == 2 && open.errors.contains("chmod 600"))
    #expect(try SedgeProgram.run(["verify", folder.file("m.sedge"), "--signature", "x"]).status == 64)
  }
}
