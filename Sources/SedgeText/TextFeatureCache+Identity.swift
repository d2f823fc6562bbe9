// The identity of cached text features.

import SedgeArchitecture
package import SedgeContainer
import SedgeQuantization
import SedgeTensor

extension TextFeatureCache {
  /// The cache of a `.sedge` file's features.
  ///
  /// - Parameter arithmetic: By what the features are computed: one for each way in which their bits differ.
  package init(path: String, model file: SedgeFile, arithmetic: String, byteLimit: Int = defaultByteLimit) {
    self.init(
      path: path, identity: Self.identity(of: file, arithmetic: arithmetic),
      shape: [file.architecture.featuresPerClass, file.architecture.image.embeddingWidth],
      byteLimit: byteLimit)
  }

  /// A SHA-256 of all inputs of text features besides class names: this release, the arithmetic, the checksums of
  /// the text encoder's weights, its dimensions, the tokenizer and the prompts.
  private static func identity(of file: SedgeFile, arithmetic: String) -> String {
    let header = file.header
    let text = file.architecture.text
    var facts = [
      sedgeVersion, arithmetic, "\(text.heads)", "\(text.layers)", "\(text.contextLength)",
      "\(text.vocabularySize)", "\(file.foldState.attentionScaleFolded)",
      file.architecture.segmenter == nil ? "prompts averaged" : "prompts apart",
    ]
    for record in header.tensors where ModelPart(ofTensor: record.tensor.name) == .text {
      facts += [
        record.tensor.name, record.tensor.layout.rawValue, "\(record.tensor.shape)", record.codec.rawValue,
        checksums(of: record.data), record.scales.map(checksums) ?? "",
      ]
    }
    if let tokenizer = header.tokenizer {
      facts += ["\(tokenizer.contextLength)", checksums(of: tokenizer.merges)]
    }
    facts += header.promptTemplates
    // Each field follows its length, so that different fields give different bytes.
    let bytes = facts.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    return sha256(of: bytes).hexadecimalText
  }

  private static func checksums(of segment: Segment) -> String {
    "\(segment.compression.rawValue) \(segment.storedByteCount) \(segment.checksum)"
  }
}
