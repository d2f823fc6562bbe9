// The data compiled into the program, as Swift values.

internal import CModelData
internal import SedgeByteCompression
internal import SedgeTensor

/// The files of `Sources/CModelData/data`.
enum EmbeddedData {
  /// The merges of CLIP's vocabulary, one a line.
  static func clipMerges() throws(FormatError) -> [UInt8] {
    unsafe try ZstdFrame.decompress(clipMergesFrame.span.bytes, limit: 1 << 24)
  }

  /// The same as one Zstandard frame.
  static var clipMergesFrame: [UInt8] { unsafe bytes(of: sedge_clip_merges()) }

  /// The 80 prompts of the released models, as JSON.
  static var imagenetTemplates: [UInt8] { unsafe bytes(of: sedge_imagenet_templates()) }

  /// Names of HTML's character references and what they stand for.
  static var htmlEntities: [(name: Substring, scalars: [Unicode.Scalar])] {
    unsafe table(bytes(of: sedge_html_entities()))
  }

  /// Code points, in hexadecimal, and their canonical decompositions.
  static var canonicalMappings: [(name: Substring, scalars: [Unicode.Scalar])] {
    unsafe table(bytes(of: sedge_canonical_mappings()))
  }

  /// Code points, in hexadecimal, and what text repair makes of them.
  static var characterRepairs: [(name: Substring, scalars: [Unicode.Scalar])] {
    unsafe table(bytes(of: sedge_character_repairs()))
  }

  private static func bytes(of blob: SedgeBlob) -> [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: blob.bytes, count: blob.byteCount))
  }

  /// One row a line: a name, then code points in hexadecimal.
  private static func table(_ bytes: [UInt8]) -> [(name: Substring, scalars: [Unicode.Scalar])] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      let fields = line.split(separator: " ")
      return (fields[0], fields.dropFirst().compactMap(Unicode.Scalar.init(hexadecimal:)))
    }
  }
}

extension Unicode.Scalar {
  /// The scalar whose code point is written in hexadecimal.
  init?(hexadecimal text: some StringProtocol) {
    guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
    self = scalar
  }
}
