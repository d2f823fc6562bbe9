// Files as the programs of their time wrote them.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("A file of an earlier program")
struct EarlierFiles {
  /// Checksums of the elements as the program decoded them that wrote the files.
  static let checksums: [String: UInt64] = [
    "stem.weight": 0x5CE0_4A8A_C2FA_BC07, "block.weight": 0x0E57_50E1_D739_043C,
    "fc.weight": 0x2389_A95D_E5B3_A37B, "fc.bias": 0x5560_90C6_042A_F5C9,
    "positions": 0xB18B_6A76_8E93_4B84, "up.weight": 0xA07A_F68F_F3C0_3FB9,
    "tokens": 0xF36A_0653_24FA_A09F, "scale": 0xE24B_B98D_A098_E836,
    "features": 0x1627_4824_C038_0496,
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    return try TestSupport.bytes(of: fixture("sedge/\(name).sedge"))
  }

  @Test(
    "is read as it was written",
    arguments: [("version1-raw", 1), ("version1-zstd", 1), ("version2", 2)])
  func reads(name: String, version: Int) throws {
    let file = try SedgeFile(path: fixture("sedge/\(name).sedge"))
    try file.verifyChecksums()
    #expect(file.version == version)
    var expected = SmallModel.header
    if version == 1 { expected.quantization = nil }
    // None of these programs recorded how hyperparameters are known, and what they were made with.
    expected.hyperparameters = []
    expected.provenance = nil
    expected.tensors = file.header.tensors
    expected.tokenizer = file.header.tokenizer
    #expect(file.header == expected)
    if version == 1 {
      let headerBytes = try Self.bytes(name).suffix(encodeHeader(file.header).count)
      #expect(encodeHeader(file.header) == Array(headerBytes))
    }
    #expect(file.header.tensors.map(\.tensor) == SmallModel.tensors + [SmallModel.features])
    #expect(
      file.header.tensors.map(\.codec) == [.int8, .f32, .int8, .f32, .f32, .int8, .int8, .f32, .f16])
    for record in file.header.tensors {
      var bytes: [UInt8] = []
      for value in try file.values(of: record).values { bytes.append(littleEndian: value.bitPattern) }
      #expect(unsafe checksum(bytes.span.bytes) == Self.checksums[record.tensor.name])
    }
    #expect(try file.tokenizerBytes() == SmallModel.merges)
    let (importance, share): ([Double], [Double]) = version == 1 ? ([], []) : ([3, 0.25], [0.75])
    #expect(file.header.tensors.compactMap(\.importance) == importance)
    #expect(file.header.tensors.compactMap(\.errorShare) == share)
  }

  @Test("of version 1 is refused where its preamble states version 2")
  func newer() throws {
    let bytes = try Self.bytes("version1-raw")
    let tokenizer = try #require(open(bytes).header.tokenizer).merges
    let end = tokenizer.byteOffset + tokenizer.storedByteCount
    var parts = try Parts(bytes)
    parts.version = 2
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(
      error?.kind
        == .malformed(
          "the last segment ends at byte \(end), expected the header at \(end), found \(64 + parts.payload.count)"
        ))
  }

  @Test("is of version 3 only where its resizing is of that version", arguments: ImageResizing.all(of: .sed))
  func resizing(resizing: ImageResizing) throws {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
    for tensor in SmallModel.tensors + [SmallModel.features] {
      try writer.add(tensor, values: SmallModel.values(of: tensor), requested: .f32)
    }
    try writer.addTokenizer(SmallModel.merges, contextLength: 16)
    var header = SmallModel.header
    header.preprocessing.resizing = resizing
    try writer.finish(header)
    let file = try SedgeFile(path: folder.file("m"))
    #expect(file.version == (resizing == .sed ? 3 : 2))
    #expect(file.header.preprocessing.resizing == resizing)
    try file.verifyChecksums()
  }

  @Test("of version 2 has no resizing of version 3")
  func resizingOfVersion3() throws {
    var header = try open(SmallModel.bytes(requested: .f32, storage: .raw)).header
    header.preprocessing.resizing = .sed
    let payload = try Parts(SmallModel.bytes(requested: .f32, storage: .raw)).payload
    let parts = Parts(version: 2, payload: payload, header: header)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed("the resizing sed is none of version 2"))
  }

  @Test("has a resizing that is known")
  func unknownResizing() throws {
    let payload = try Parts(SmallModel.bytes(requested: .f32, storage: .raw)).payload
    var header = try open(SmallModel.bytes(requested: .f32, storage: .raw)).header
    header.preprocessing.resizing = .sed
    var parts = Parts(version: 3, payload: payload, header: header)
    // Field 5 of the preprocessing, the last of its message: its only bytes 28 01 behind a resolution of 640, 18 80 05.
    let place = try #require(
      (0..<parts.header.count - 4).first {
        Array(parts.header[$0..<$0 + 5]) == [0x18, 0x80, 0x05, 0x28, 0x01]
      })
    parts.header[place + 4] = 9
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed("there is no resizing with the number 9"))
  }

  @Test("with a vision transformer is of version 4, and no earlier reader's")
  func models() throws {
    let clip = Architecture(
      image: .transformer(
        Architecture.VisionTransformer(width: 8, heads: 2, layers: 3, patch: 4, grid: 2, embeddingWidth: 6)),
      text: SmallModel.header.architecture.text, segmenter: nil, usesQuickGELU: true)
    var catSeg = clip
    catSeg.segmenter = .aggregation(
      Architecture.CostAggregation(
        hiddenWidth: 16, guidanceWidth: 4, grid: 4, window: 2, classLength: 3, upsampledWidths: [3, 2],
        widths: [16, 16], guidanceWidths: [2, 1]))
    for architecture in [clip, catSeg] {
      var header = SmallModel.header
      (header.architecture, header.classLists, header.hyperparameters) = (architecture, [], [])
      (header.promptTemplates, header.logitScale) = (["a {}"], 4)
      header.preprocessing = Preprocessing(
        resolution: 16, topK: nil, resizing: architecture.segmenter == nil ? .square : .catSeg,
        window: architecture.segmenter == nil ? nil : 12)
      let payload: [UInt8] = []
      header.tensors = []
      header.tokenizer = nil
      #expect(header.leastVersion == 4)
      let file = try open(Parts(version: 4, payload: payload, header: header).bytes)
      #expect(file.header == header && file.version == 4)
      let error = #expect(throws: FormatError.self) {
        try open(Parts(version: 3, payload: payload, header: header).bytes)
      }
      #expect(
        error?.kind
          == .malformed("\(architecture.kind.rawValue) with this image encoder is no model of version 3"))
    }
  }

  @Test("of version 1 has no codec of version 2")
  func codecs() throws {
    var parts = try Parts(SmallModel.bytes(requested: .int4, storage: .zstd(level: 3)))
    parts.version = 1
    parts.payload += [UInt8](repeating: 0, count: (64 - parts.payload.count % 64) % 64)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(error?.kind == .malformed("trellis is no codec of version 1"))
    #expect(error?.tensor == "stem.weight")
  }
}
