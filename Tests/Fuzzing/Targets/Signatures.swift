// Signatures and keys.

import SedgeSignature
import SedgeTensor

extension FuzzTarget {
  static let signatures = [
    FuzzTarget(
      name: "signature", maximumByteCount: ModelSignature.largestByteCount,
      words: utf8("sedge-signature-v1\n", "sha256 ", "key ", "signature ", "=="),
      seeds: {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let signature = String(repeating: "A", count: 86) + "=="
        return utf8("sedge-signature-v1\nsha256 \(digest)\nkey \(digest)\nsignature \(signature)\n")
      },
      read: { bytes in
        let signature = try ModelSignature(bytes, path: "m.sig")
        require(Array(signature.text.utf8) == bytes, "a signature has one form")
      }),
    FuzzTarget(
      name: "key", words: utf8("-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", "PRIVATE", "=="),
      seeds: {
        utf8(
          "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
        )
      },
      read: { _ = try Ed25519PublicKey(pemFile: file($0, named: "key.pem")).digest }),
  ]
}
