// Headers with right checksums and wrong contents.

import SedgeArchitecture
import SedgeCompression
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
    Case("there are 3 depths of the image encoder, expected 4") {
      $0.architecture.image.convNeXt?.depths.removeLast()
    },
    Case("one of the depths of the image encoder is 0, expected 1...1024") {
      $0.architecture.image.convNeXt?.depths[1] = 0
    },
    Case("one of the widths of the image encoder is 65537, expected 1...65536") {
      $0.architecture.image.convNeXt?.widths[3] = 65_537
    },
    Case("the embedding's width is 0, expected 1...65536") {
      $0.architecture.image.convNeXt?.embeddingWidth = 0
    },
    Case("the image encoder's kernel is 4, expected an odd number") {
      $0.architecture.image.convNeXt?.kernel = 4
    },
    Case("the image encoder's kernel is 65, expected 1...63") { $0.architecture.image.convNeXt?.kernel = 65 },
    Case("the visual head's hidden width is 0, expected 1...65536") {
      $0.architecture.image.convNeXt?.head = .mlp(hiddenWidth: 0)
    },
    Case("the text encoder's width is 0, expected 1...65536") { $0.architecture.text.width = 0 },
    Case("the text encoder's heads, 5, do not divide the width 64") { $0.architecture.text.heads = 5 },
    Case("the text encoder's heads is 0, expected 1...65536") { $0.architecture.text.heads = 0 },
    Case("the text encoder's layers is 1025, expected 1...1024") { $0.architecture.text.layers = 1_025 },
    Case("the context length is 1, expected 2...65536") { $0.architecture.text.contextLength = 1 },
    Case("the vocabulary size is 4294967295, expected 2...1048576") {
      $0.architecture.text.vocabularySize = 4_294_967_295
    },
    Case("the prompt count is 0, expected 1...65536") { $0.architecture.decoder?.promptCount = 0 },
    Case("the decoder's hidden width is 0, expected 1...65536") { $0.architecture.decoder?.hiddenWidth = 0 },
    Case("there are 4 widths of the decoder, expected 3") { $0.architecture.decoder?.widths.append(16) },
    Case("a width of the decoder is 24, expected a multiple of 16") {
      $0.architecture.decoder?.widths[1] = 24
    },
    Case("there are 2 guidance widths of the decoder, expected 3") {
      $0.architecture.decoder?.guidanceWidths.removeLast()
    },
    Case("the decoder's heads, 3, do not divide the width 32") { $0.architecture.decoder?.heads = 3 },
    Case("the decoder's kernel is 2, expected an odd number") { $0.architecture.decoder?.kernel = 2 },
    Case("the cost kernel is 0, expected 1...63") { $0.architecture.decoder?.costKernel = 0 },
    Case("the pooling is 65, expected 1...64") { $0.architecture.decoder?.pooling = 65 },
    Case("the pixel mean has 2 numbers, expected 3") { $0.preprocessing.pixelMean.removeLast() },
    Case("the pixel mean is [1.0, inf, 1.0], expected finite numbers") {
      $0.preprocessing.pixelMean = [1, .infinity, 1]
    },
    Case("the pixel standard deviation is [1.0, 0.0, 1.0], expected positive numbers") {
      $0.preprocessing.pixelStandardDeviation = [1, 0, 1]
    },
    Case("the resolution is 8224, expected 32...8192") { $0.preprocessing.resolution = 8_224 },
    Case("the resolution is 650, expected a multiple of 32") { $0.preprocessing.resolution = 650 },
    Case("it is CLIP alone and has the resizing sed of SED") {
      ($0.architecture.decoder, $0.preprocessing.resizing) = (nil, .sed)
    },
    Case("top-k is 65537, expected 1...65536") { $0.preprocessing.topK = 65_537 },
    Case(
      "the fold of block.norm is applied, and its certificate is a difference of 1e-06 where inf is allowed"
    ) { $0.folds[0].certificate?.tolerance = .infinity },
    Case(
      "the fold of block.norm is applied, and its certificate is a difference of 1e+30 where 2e-06 is allowed"
    ) { $0.folds[0].certificate?.largestDifference = 1e30 },
    Case("the source sed.h5 has 4611686018427387904 bytes, expected at most 2^50") {
      $0.sources[0].byteCount = 1 << 62
    },
    Case("a certificate of the fold of block.norm has nan, expected 0 or more") {
      $0.folds[0].certificate?.tolerance = .nan
    },
    Case("the norms' epsilon is 0.0, expected more than 0 and less than 1") {
      $0.architecture.image.normEpsilon = 0
    },
    Case("it is CLIP alone and lacks the logit scale") {
      ($0.architecture.decoder, $0.logitScale) = (nil, nil)
    },
    Case("the logit scale is 20.5, expected a logarithm within ±20.0") { $0.logitScale = 20.5 },
    Case("the logit scale is nan, expected a logarithm within ±20.0") { $0.logitScale = .nan },
    Case("it asks for early rejection and has no heads for it") {
      $0.architecture.decoder?.hasRejectionHeads = false
      $0.preprocessing.topK = 8
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
    Case("it is int8 and has a reason to be floats", tensor: "fc.weight") {
      $0.tensors[2].floatReason = .small
    },
    Case("its largest error is nan, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].largestAbsoluteError = .nan
    },
    Case("its relative error is -1.0, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].relativeRMSError = -1
    },
    Case("its relative error is nan, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].relativeRMSError = .nan
    },
    Case("its largest error is inf, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].largestAbsoluteError = .infinity
    },
    Case("its importance is -1.0, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].importance = -1
    },
    Case("its importance is inf, expected a number from 0 on", tensor: "fc.weight") {
      $0.tensors[2].importance = .infinity
    },
    Case("its share of the error is 1.5, expected 0...1", tensor: "fc.weight") {
      $0.tensors[2].errorShare = 1.5
    },
    Case("its share of the error is nan, expected 0...1", tensor: "fc.weight") {
      $0.tensors[2].errorShare = .nan
    },
  ]

  static let texts = [
    Case("there are 1 prompt templates, expected 2 or none") { $0.promptTemplates.removeLast() },
    Case("the prompt template \"a photo\" has 0 {}, expected one") { $0.promptTemplates[0] = "a photo" },
    Case("the prompt template \"{} of {}\" has 2 {}, expected one") { $0.promptTemplates[1] = "{} of {}" },
    Case("it has a tokenizer but no text encoder") { $0.hasTextEncoder = false },
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

  static let provenance = [
    Case("the commit 0123 is none: expected 40 or 64 hexadecimal digits") { $0.provenance?.commit = "0123" },
    Case("the commit \(String(repeating: "G", count: 40)) is none: expected 40 or 64 hexadecimal digits") {
      $0.provenance?.commit = String(repeating: "G", count: 40)
    },
    Case("the option of an input is empty") { $0.provenance?.inputs[0].option = "" },
    Case("the file name of an input, a/b, has a folder") { $0.provenance?.inputs[0].fileName = "a/b" },
    Case("an input of templates is neither a file nor a set of files") {
      $0.provenance?.inputs[0].fileCount = 2
    },
    Case("an input of calibrate is neither a file nor a set of files") {
      $0.provenance?.inputs[1].fileCount = nil
    },
    Case("the SHA-256 of an input has 31 bytes, expected 32") {
      $0.provenance?.inputs[1].sha256.removeLast()
    },
    Case("a hyperparameter's name is empty") { $0.hyperparameters[0].name = "" },
    Case("the hyperparameter heads is there twice") { $0.hyperparameters[1].name = "heads" },
    Case("what the hyperparameter pooling is known from is empty") {
      $0.hyperparameters[2].origin = .assumed(rule: "")
    },
    Case("what the hyperparameter text-heads is known from has 65537 bytes, expected at most 65536") {
      $0.hyperparameters[1].origin = .found(place: String(repeating: "x", count: 65_537))
    },
  ]

  static let quantization = [
    Case("what quantization was to be is empty") { $0.quantization?.requested = "" },
    Case("the count of pictures of the calibration is 0, expected 1...4294967295") {
      $0.quantization?.calibration?.pictureCount = 0
    },
    Case("the source of the calibration's pictures is empty") {
      $0.quantization?.calibration?.source = ""
    },
    Case("the count of pictures of the claim is 0, expected 1...4294967295") {
      $0.quantization?.measuredQuality?.pictureCount = 0
    },
    Case("the source of the claim's pictures has 65537 bytes, expected at most 65536") {
      $0.quantization?.measuredQuality?.source = String(repeating: "x", count: 65_537)
    },
    Case("the count of classes of the claim is 0, expected 1...4294967295") {
      $0.quantization?.measuredQuality?.classCount = 0
    },
    Case("the share of labels that changed is 1.25, expected 0...1") {
      $0.quantization?.measuredQuality?.labelChange = 1.25
    },
    Case("the share of labels that changed is nan, expected 0...1") {
      $0.quantization?.measuredQuality?.labelChange = .nan
    },
    Case("the scores' relative error is inf, expected a number from 0 on") {
      $0.quantization?.measuredQuality?.scoreRMS = .infinity
    },
    Case("the scores' largest error is -2.0, expected a number from 0 on") {
      $0.quantization?.measuredQuality?.scoreMaximum = -2
    },
  ]

  @Test(
    "is refused for each rule that it breaks",
    arguments: dimensions + tables + texts + quantization + provenance)
  func refuses(bad: Case) throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    var header = try open(bytes).header
    bad.change(&header)
    var parts = try Parts(bytes)
    parts.header = encodeHeader(header)
    parts.version = header.leastVersion
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed(bad.text))
    #expect(error?.tensor == bad.tensor)
  }

  @Test("is refused where a hyperparameter has an origin that no version has, or a given one a place")
  func origins() throws {
    let cases: [(message: [UInt8], text: String)] = [
      ([0x0A, 1, 0x78, 0x10, 9], "there is no origin of a hyperparameter with the number 9"),
      ([0x0A, 1, 0x78], "there is no origin of a hyperparameter with the number 0"),
      ([0x0A, 1, 0x78, 0x10, 1, 0x1A, 1, 0x79], "a hyperparameter is given and has a place, expected none"),
    ]
    for (message, text) in cases {
      var parts = try Parts(SmallModel.bytes(requested: .f32, storage: .raw))
      // Field 15 of the header, a message with the name "x".
      parts.header += [0x7A, UInt8(message.count)] + message
      let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
      #expect(error?.kind == .malformed(text))
    }
  }

  @Test("is refused where a segment is not in its place")
  func segments() throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    let header = try open(bytes).header
    let end = try Parts(bytes).payload.count + 64
    let data = header.tensors[2].data
    let last = try #require(header.tokenizer).merges
    let faults: [(String, (inout Segment) -> Void)] = [
      ("a segment of 1056 bytes at byte 0 is not within 64..<\(end)", { $0.byteOffset = 0 }),
      ("a segment of 1056 bytes at byte \(Int.max) is not within 64..<\(end)", { $0.byteOffset = .max }),
      (
        "a segment of \(Int.max) bytes at byte \(data.byteOffset) is not within 64..<\(end)",
        { $0.storedByteCount = .max }
      ),
      (
        "a segment of 1056 bytes at byte \(end - 64) is not within 64..<\(end)", { $0.byteOffset = end - 64 }
      ),
      (
        "a segment is at byte \(data.byteOffset + 1), expected a multiple of 64", { $0.byteOffset += 1 }
      ),
      (
        "the segment at byte \(data.byteOffset - 64) overlaps the one before, which ends at \(data.byteOffset)",
        { $0.byteOffset -= 64 }
      ),
      (
        "a raw segment has 1055 stored and 1056 plain bytes, expected the same", { $0.storedByteCount -= 1 }
      ),
      (
        "0 bytes of zstd cannot hold 32768",
        {
          $0 = Segment(
            byteOffset: data.byteOffset, storedByteCount: 0, plainByteCount: 32_768, compression: .zstd,
            checksum: 0)
        }
      ),
    ]
    for (text, change) in faults {
      var parts = try Parts(bytes)
      var changed = header
      change(&changed.tensors[2].data)
      if changed.tensors[2].data.plainByteCount == 32_768 { changed.tensors[2].tensor.shape = [32, 1024] }
      parts.header = encodeHeader(changed)
      let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
      #expect(error?.kind == .malformed(text) && error?.tensor == "fc.weight")
    }
    var parts = try Parts(bytes)
    parts.payload += [UInt8](repeating: 0, count: 64)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    let lastEnd = last.byteOffset + last.storedByteCount
    #expect(
      error?.kind
        == .malformed(
          "the last segment ends at byte \(lastEnd), expected the header at \(end), found \(end + 64)"))
  }

  @Test("is refused where segments leave a gap")
  func gap() throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    var header = try open(bytes).header
    let first = header.tensors[0].data
    let next = try #require(header.tensors[0].scales)
    header.tensors[0].tensor.shape = [8, 3, 3, 2]
    header.tensors[0].data.storedByteCount = 144
    header.tensors[0].data.plainByteCount = 144
    var parts = try Parts(bytes)
    parts.header = encodeHeader(header)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    let end = first.byteOffset + 144
    #expect(
      error?.kind
        == .malformed(
          "the segment at byte \(next.byteOffset) leaves a gap after the one before, which ends at \(end)"))
  }

  struct BytesCase: Sendable {
    var text: String
    var change: @Sendable (inout [UInt8]) -> Void

    init(_ text: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) {
      self.text = text
      self.change = change
    }
  }

  /// Puts bytes in the place of the only bytes of a text.
  static func replace(_ text: String, by replacement: [UInt8], in bytes: inout [UInt8]) {
    let range = bytes.firstRange(of: Array(text.utf8))
    if let range { bytes.replaceSubrange(range, with: replacement) }
  }

  static let messages = [
    BytesCase("its header is no message of the schema") { $0 = [0xFF] },
    BytesCase("its header is no message of the schema") { $0.removeLast() },
    // Field 1 as a number instead of a text.
    BytesCase("its header is no message of the schema") { $0 += [0x08, 0x01] },
    BytesCase("its header lacks the architecture") { $0 = [0x0A, 1, 0x31] },
    BytesCase("a text in its header is not UTF-8") {
      replace("sed.h5", by: [0x73, 0xC3, 0x28, 1, 1, 1], in: &$0)
    },
    BytesCase("its header has 6 bytes where the same contents take 3") {
      $0 = [0x0A, 1, 0x31, 0x0A, 1, 0x32]
    },
    BytesCase("its header has 5 bytes where the same contents take 3") {
      $0 = [0x0A, 3, 0x31, 0, 0x32]
    },
    BytesCase("its header has 3 bytes where the same contents take 0") { $0 = [0x38, 0x80, 0x00] },
    // Tensors of an unknown role, layout, codec, and float reason behind the others.
    BytesCase("there is no role with the number 99") { $0 += [0x32, 5, 0x0A, 1, 0x78, 0x10, 99] },
    BytesCase("there is no role with the number 0") { $0 += [0x32, 3, 0x0A, 1, 0x78] },
    BytesCase("there is no layout with the number 9") { $0 += [0x32, 7, 0x0A, 1, 0x78, 0x10, 1, 0x18, 9] },
    BytesCase("there is no float reason with the number 9") {
      $0 += [0x32, 9, 0x0A, 1, 0x78, 0x10, 1, 0x18, 2, 0x40, 9]
    },
    BytesCase("there is no codec with the number 77") {
      $0 += [0x32, 9, 0x0A, 1, 0x78, 0x10, 1, 0x18, 2, 0x28, 77]
    },
    BytesCase("its header lacks the data's segment") {
      $0 += [0x32, 9, 0x0A, 1, 0x78, 0x10, 1, 0x18, 2, 0x28, 1]
    },
    BytesCase("there is no compression with the number 0") {
      $0 += [0x32, 11, 0x0A, 1, 0x78, 0x10, 1, 0x18, 2, 0x28, 1, 0x32, 0]
    },
    BytesCase("a segment's offset is 9223372036854775808, expected less than 2^63") {
      $0 += [0x32, 22, 0x0A, 1, 0x78, 0x10, 1, 0x18, 2, 0x28, 1, 0x32, 11]
      $0 += [0x08] + [UInt8](repeating: 0x80, count: 9) + [1]
    },
    BytesCase("there is no fold kind with the number 12") { $0 += [0x2A, 2, 0x08, 12] },
  ]

  @Test("is refused where its bytes are no such message", arguments: messages)
  func refusesBytes(bad: BytesCase) throws {
    var parts = try Parts(SmallModel.bytes(requested: .int8, storage: .raw))
    bad.change(&parts.header)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed(bad.text))
  }

  @Test("may have fields that this version does not know")
  func unknownFields() throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    var parts = try Parts(bytes)
    parts.header += [0xA2, 0x06, 2, 0x68, 0x69]  // field 100, a text
    #expect(try open(parts.bytes).header == open(bytes).header)
  }

  @Test("changed anywhere, with right checksums, is refused or keeps every rule")
  func anyChange() throws {
    let folder = try TemporaryFolder()
    let original = try Parts(SmallModel.bytes(requested: .int8, storage: .zstd(level: 3)))
    var refusedCount = 0
    for i in original.header.indices {
      for value in [UInt8(0), 0x7F, 0x80, 0xFF, original.header[i] ^ 1, original.header[i] &+ 8] {
        var parts = original
        parts.header[i] = value
        do {
          let header = try SedgeFile(path: folder.write(parts.bytes, to: "m")).header
          parts.header = encodeHeader(header)
          if try SedgeFile(path: folder.write(parts.bytes, to: "m")).header != header {
            Issue.record("byte \(i) as \(value) is read but not written back")
          }
        } catch is FormatError {
          refusedCount += 1
        }
      }
    }
    #expect(refusedCount > original.header.count)
  }

  @Test(
    "takes neither memory nor time beyond its size",
    arguments: [
      [UInt8]([0x32, 0]),  // empty tensors, each a large structure
      [0x42, 0],  // empty texts, each a block of its own
      [0x12, 4, 0x0A, 2, 0x08, 1],  // the architecture again and again, merged each time
    ])
  func amplification(entry: [UInt8]) throws {
    var parts = try Parts(SmallModel.bytes(requested: .f32, storage: .raw))
    for _ in 0..<200_000 { parts.header += entry }
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed("its header is no message of the schema"))
  }
}
