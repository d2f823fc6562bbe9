// The SHA-256 of a golden's contents.

import SedgeContainer
import SedgeSafetensors
import SedgeTensor

extension GoldenFormat {
  /// The key of the digest in a golden's metadata.
  static let digestKey = "sha256"

  /// What the digest has of a tensor before its bytes: name, type and shape, each with a zero byte behind it.
  static func digestHead(of info: TensorInfo) -> [UInt8] {
    [info.name, info.elementType.rawValue, info.shape.map(String.init).joined(separator: ",")]
      .flatMap { Array($0.utf8) + [0] }
  }

  /// The digest of contents: the SHA-256 of each tensor's head and bytes, by ascending name.
  static func digest(
    of tensors: [TensorInfo], bytes: (TensorInfo) throws(FormatError) -> [UInt8]
  ) throws(FormatError) -> String {
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return try sha256 { (update) throws(FormatError) in
      for info in sorted {
        update(digestHead(of: info))
        update(try bytes(info))
      }
    }.hexadecimalText
  }

  /// Makes sure that a golden with a digest has the contents that it was made of; most programs write none.
  static func checkDigest(of archive: any TensorArchive) throws(FormatError) {
    guard let archive = archive as? SafetensorsArchive, let expected = archive.metadata[digestKey] else {
      return
    }
    let found = try digest(of: archive.tensors) { (info) throws(FormatError) in
      var bytes = [UInt8](repeating: 0, count: info.byteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      try archive.read(info, into: &raw)
      return bytes
    }
    guard found == expected else {
      throw FormatError(.checksumMismatch(part: "its contents"), path: archive.path)
    }
  }
}
