// Sources of a tokenizer's vocabulary.

internal import SedgeByteCompression
package import SedgeTensor

extension Tokenizer {
  /// The tokenizer of CLIP, whose vocabulary is part of the program.
  ///
  /// The first call unpacks the vocabulary; later ones share it.
  package static func bundled(contextLength: Int = 77) -> Tokenizer {
    Tokenizer(clip, contextLength: contextLength)
  }

  private static let clip: Tokenizer = {
    do {
      return try Tokenizer(serialized: EmbeddedData.clipMerges())
    } catch {
      preconditionFailure("the embedded vocabulary: \(error)")
    }
  }()

  /// ``serialized`` as one Zstandard frame, where it is CLIP's and need not be compressed again.
  package var zstdFrame: [UInt8]? {
    serialized == Self.clip.serialized ? EmbeddedData.clipMergesFrame : nil
  }

  /// Reads a vocabulary from a file: CLIP's `bpe_simple_vocab_16e6.txt.gz`, or the same as plain text.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is over 16 MiB (packed or unpacked), is a damaged gzip
  ///   stream, or is no vocabulary as in ``init(merges:contextLength:)``.
  package init(vocabularyFile path: String, contextLength: Int = 77) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      var bytes = try smallFile(path)
      if bytes.starts(with: [0x1F, 0x8B]) {
        bytes = try Inflater.inflate(bytes, as: .gzip, name: "the gzip stream", limit: smallFileByteCount)
      }
      return try Tokenizer(vocabulary: bytes, contextLength: contextLength)
    }
  }

  /// Takes the 48,894 merges, with CLIP's first line and its unused merges or without.
  init(vocabulary bytes: [UInt8], contextLength: Int) throws(FormatError) {
    var lines = bytes[...]
    if lines.last == 0x0A { lines.removeLast() }
    if let end = lines.firstIndex(of: 0x0A),
      String(decoding: lines[..<end], as: UTF8.self).contains("#version")
    {
      lines = Self.prefix(of: lines[(end + 1)...], lineCount: Self.mergeCount)
    }
    try self.init(lines: Array(lines), mergeCount: Self.mergeCount, contextLength: contextLength)
  }

  private static func prefix(of text: ArraySlice<UInt8>, lineCount: Int) -> ArraySlice<UInt8> {
    var rest = text
    for _ in 0..<lineCount {
      guard let end = rest.firstIndex(of: 0x0A) else { return text }
      rest = rest[(end + 1)...]
    }
    return text[..<(rest.startIndex - 1)]
  }
}
