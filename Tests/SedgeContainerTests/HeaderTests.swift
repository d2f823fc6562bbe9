// Headers with right checksums and wrong contents.

import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("A header")
struct HeaderTests {
  /// A header with one fault, and how the fault is named.
  struct Case: Sendable {
    var text: String
    var tensor: String?
    var change: @Sendable (inout SedgeHeader) -> Void

    init(_ text: String, tensor: String? = nil, _ change: @escaping @Sendable (inout SedgeHeader) -> Void) {
      self.text = text
      self.tensor = tensor
      self.change = change
    }
  }

  static let dimensions = [
    Case("the version of Sedge is empty") { $0.sedgeVersion = "" },
    Case("there are 3 depths of the image encoder, expected 4") { $0.architecture.image.depths.removeLast() },
    Case("one of the depths of the image encoder is 0, expected 1...1024") {
      $0.architecture.image.depths[1] = 0
    },
    Case("one of the widths of the image encoder is 65537, expected 1...65536") {
      $0.architecture.image.widths[3] = 65_537
    },
    Case("the embedding's width is 0, expected 1...65536") { $0.architecture.image.embeddingWidth = 0 },
    Case("the image encoder's kernel is 4, expected an odd number") { $0.architecture.image.kernel = 4 },
    Case("the image encoder's kernel is 65, expected 1...63") { $0.architecture.image.kernel = 65 },
    Case("the visual head's hidden width is 0, expected 1...65536") {
      $0.architecture.image.head = .mlp(hiddenWidth: 0)
    },
    Case("the text encoder's width is 0, expected 1...65536") { $0.architecture.text.width = 0 },
    Case("the text encoder's heads, 5, do not divide the width 64") { $0.architecture.text.heads = 5 },
    Case("the text encoder's heads is 0, expected 1...65536") { $0.architecture.text.heads = 0 },
    Case("the text encoder's layers is 1025, expected 1...1024") { $0.architecture.text.layers = 1_025 },
    Case("the context length is 1, expected 2...65536") { $0.architecture.text.contextLength = 1 },
    Case("the vocabulary size is 4294967295, expected 2...1048576") {
      $0.architecture.text.vocabularySize = 4_294_967_295
    },
    Case("the prompt count is 0, expected 1...65536") { $0.architecture.decoder.promptCount = 0 },
    Case("the decoder's hidden width is 0, expected 1...65536") { $0.architecture.decoder.hiddenWidth = 0 },
    Case("there are 4 widths of the decoder, expected 3") { $0.architecture.decoder.widths.append(16) },
    Case("a width of the decoder is 24, expected a multiple of 16") {
      $0.architecture.decoder.widths[1] = 24
    },
    Case("there are 2 guidance widths of the decoder, expected 3") {
      $0.architecture.decoder.guidanceWidths.removeLast()
    },
    Case("the decoder's heads, 3, do not divide the width 32") { $0.architecture.decoder.heads = 3 },
    Case("the decoder's kernel is 2, expected an odd number") { $0.architecture.decoder.kernel = 2 },
    Case("the cost kernel is 0, expected 1...63") { $0.architecture.decoder.costKernel = 0 },
    Case("the pooling is 65, expected 1...64") { $0.architecture.decoder.pooling = 65 },
    Case("the pixel mean has 2 numbers, expected 3") { $0.preprocessing.pixelMean.removeLast() },
    Case("the pixel mean is [1.0, inf, 1.0], expected finite numbers") {
      $0.preprocessing.pixelMean = [1, .infinity, 1]
    },
    Case("the pixel standard deviation is [1.0, 0.0, 1.0], expected positive numbers") {
      $0.preprocessing.pixelStandardDeviation = [1, 0, 1]
    },
    Case("the resolution is 8224, expected 32...8192") { $0.preprocessing.resolution = 8_224 },
    Case("the resolution is 650, expected a multiple of 32") { $0.preprocessing.resolution = 650 },
    Case("top-k is 65537, expected 1...65536") { $0.preprocessing.topK = 65_537 },
    Case("a certificate of the fold of block.norm has nan, expected 0 or more") {
      $0.folds[0].certificate?.tolerance = .nan
    },
    Case("a fold's source is empty") { $0.folds[1].source = "" },
  ]

  static let tables = [
    Case("there are two tensors of this name", tensor: "stem.weight") {
      $0.tensors[1].tensor.name = "stem.weight"
    },
    Case("a tensor's name is empty") { $0.tensors[0].tensor.name = "" },
    Case("its layout oi does not have 1 dimensions", tensor: "fc.weight") {
      $0.tensors[2].tensor.shape = [1056]
    },
    Case("its shape is 0x33, expected 1...2^40 elements", tensor: "fc.weight") {
      $0.tensors[2].tensor.shape = [0, 33]
    },
    Case(
      "its shape is 4294967296x4294967296, expected 1...2^40 elements", tensor: "fc.weight"
    ) { $0.tensors[2].tensor.shape = [1 << 32, 1 << 32] },
    Case("its data have 1056 bytes, expected 1089 for int8 of shape 33x33", tensor: "fc.weight") {
      $0.tensors[2].tensor.shape = [33, 33]
    },
    Case("its scales have 128 bytes, expected 132 for int8 of shape 33x32", tensor: "fc.weight") {
      $0.tensors[2].tensor.shape = [33, 32]
    },
    Case("its data have 1056 bytes, expected 4224 for f32 of shape 32x33", tensor: "fc.weight") {
      $0.tensors[2].codec = .f32
    },
    Case("it lacks the scales of int8", tensor: "fc.weight") { $0.tensors[2].scales = nil },
    Case("its scales have 128 bytes, expected 0 for f32 of shape 32", tensor: "fc.bias") {
      $0.tensors[3].scales = $0.tensors[3].data
    },
    Case("it has scales, which f32 has not", tensor: "fc.bias") {
      $0.tensors[3].scales = Segment(
        byteOffset: 64, storedByteCount: 0, plainByteCount: 0, compression: .raw, checksum: 0)
    },
    Case("it is int8 and has a reason to be f32", tensor: "fc.weight") { $0.tensors[2].floatReason = .small },
    Case("its largest error is nan", tensor: "fc.weight") { $0.tensors[2].largestAbsoluteError = .nan },
    Case("its relative error is -1.0", tensor: "fc.weight") { $0.tensors[2].relativeRMSError = -1 },
  ]

  static let texts = [
    Case("there are 1 prompt templates, expected 2 or none") { $0.promptTemplates.removeLast() },
    Case("the prompt template \"a photo\" has 0 {}, expected one") { $0.promptTemplates[0] = "a photo" },
    Case("the prompt template \"{} of {}\" has 2 {}, expected one") { $0.promptTemplates[1] = "{} of {}" },
    Case("it has a tokenizer but no text encoder") { $0.hasTextEncoder = false },
    Case("it has a text encoder but no tokenizer") { $0.tokenizer = nil },
    Case("its tokenizer is empty") { $0.tokenizer?.merges.plainByteCount = 0 },
    Case("the tokenizer's context length is 77, expected the text encoder's 16") {
      $0.tokenizer?.contextLength = 77
    },
    Case("there are two class lists two") { $0.classLists.append($0.classLists[0]) },
    Case("the class list two has no classes") { $0.classLists[0].classNames = [] },
    Case("a class of the list two is empty") { $0.classLists[0].classNames[1] = "" },
    Case("the class list two names text features that are not in the file", tensor: "fc.weight") {
      $0.classLists[0].features = "fc.weight"
    },
    Case(
      "the class list two has text features of shape 2x2x256, expected 1x2x256", tensor: "features"
    ) { $0.classLists[0].classNames = ["sky"] },
    Case("the source a/b has a folder") { $0.sources[0].fileName = "a/b" },
    Case("a SHA-256 has 31 bytes, expected 32") { $0.sources[0].sha256.removeLast() },
    Case("a source's format name is empty") { $0.sources[0].formatName = "" },
    Case("an option's key is empty") { $0.options[0].key = "" },
    Case("the value of option quantize has 65537 bytes, expected at most 65536") {
      $0.options[0].value = String(repeating: "x", count: 65_537)
    },
  ]

  @Test("is refused for each rule that it breaks", arguments: dimensions + tables + texts)
  func refuses(bad: Case) throws {
    let bytes = try SmallModel.bytes(wished: .int8, storage: .raw)
    var header = try open(bytes).header
    bad.change(&header)
    var parts = Parts(bytes)
    parts.header = encodeHeader(header)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed(bad.text))
    #expect(error?.tensor == bad.tensor)
  }
}
