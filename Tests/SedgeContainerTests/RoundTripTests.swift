// What is written is read.

import Foundation
import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

let storages: [StorageMode] = [.raw, .zstd(level: 3)]

@Suite("A file")
struct RoundTrip {
  /// What a relative RMS error is at most, of weights spread evenly; all parameters of these small tensors count.
  static let bounds: [WeightFormat: Double] = [
    .f32: 0, .lossless: 0, .f16: 0x1p-11, .int8: 0.01, .int6: 0.04, .int5: 0.08, .int4: 0.16, .int3: 0.3,
    .int2: 0.65,
  ]

  @Test("gives back header, tensors, features and tokenizer", arguments: WeightFormat.allCases, storages)
  func roundTrip(requested: WeightFormat, storage: StorageMode) throws {
    let folder = try TemporaryFolder()
    let written = try SmallModel.write(to: folder.file("m"), requested: requested, storage: storage)
    let file = try SedgeFile(path: folder.file("m"))
    #expect(file.header == written)
    var expected = SmallModel.header
    expected.tensors = written.tensors
    expected.tokenizer = written.tokenizer
    #expect(file.header == expected && file.version == 2)
    #expect(file.header.tensors.map(\.importance) == [nil, 3, 0.25] + Array(repeating: nil, count: 6))
    #expect(file.header.tensors.map(\.errorShare) == [nil, nil, 0.75] + Array(repeating: nil, count: 6))
    #expect(file.modelTensors == SmallModel.tensors)
    #expect(
      file.architecture == SmallModel.header.architecture && file.foldState == SmallModel.header.foldState)
    #expect(try file.tokenizerBytes() == SmallModel.merges)
    try file.verifyChecksums()
    for record in file.header.tensors {
      let values = try file.values(of: record)
      let reference = SmallModel.values(of: record.tensor)
      let error = Deviation(reference: reference.values, actual: values.values)
      // Told to 10 bits, rounded up.
      #expect(
        (1...1.001).contains(record.largestAbsoluteError / max(error.largestAbsolute, 1e-300))
          || error.largestAbsolute == record.largestAbsoluteError)
      #expect(
        (1...1.001).contains(record.relativeRMSError / max(error.relativeRMS, 1e-300))
          || error.relativeRMS == record.relativeRMSError)
      let rule = CodecRule(for: record.tensor, requested: requested, storage: storage)
      #expect(record.codec == rule.choice.identifier && record.floatReason == rule.floatReason)
      #expect(error.relativeRMS <= (record.codec.isFloat ? 0x1p-11 : try #require(Self.bounds[requested])))
      if requested == .f32 || requested == .lossless { #expect(reference == values) }
      if let bits = requested.bits, record.codec == .trellis {
        let most = min(
          bits + (record.tensor.role == .linear ? 0 : CodecRule.sensitiveBits), CodecRule.mostBits)
        #expect(8 * record.data.storedByteCount <= Int(most * Double(record.tensor.elementCount)))
      }
    }
    let features = try file.textFeatures(of: file.header.classLists[0])
    #expect(features == (try file.values(of: SmallModel.features)))
  }

  @Test("is the same in every run", arguments: storages)
  func deterministic(storage: StorageMode) throws {
    let first = try SmallModel.bytes(requested: .int8, storage: storage)
    #expect(try first == SmallModel.bytes(requested: .int8, storage: storage))
  }

  @Test("is the same whether its tensors were packed one by one or at once")
  func concurrent() async throws {
    let storage = StorageMode.zstd(level: 3)
    let tensors = SmallModel.tensors + [SmallModel.features]
    let packed = try await withThrowingTaskGroup(of: (Int, PackedTensor).self) { group in
      for (i, tensor) in tensors.enumerated() {
        group.addTask {
          (
            i,
            try PackedTensor(
              tensor, values: SmallModel.values(of: tensor), requested: .int8, storage: storage)
          )
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: storage)
    for i in tensors.indices { try writer.append(#require(packed[i])) }
    _ = try SmallModel.finish(writer)
    let bytes = try bytes(of: folder.file("m"))
    #expect(try bytes == SmallModel.bytes(requested: .int8, storage: storage))
  }

  @Test("compresses only segments that become smaller")
  func compression() throws {
    let zeros = [UInt8](repeating: 0, count: 1000)
    let packed = try PackedSegment(zeros, storage: .zstd(level: 3))
    #expect(packed.compression == .zstd && packed.stored.count < 100 && packed.plainByteCount == 1000)
    #expect(try PackedSegment(zeros, storage: .raw).stored == zeros)
    let short = try PackedSegment([1, 2, 3], storage: .zstd(level: 3))
    #expect(short.compression == .raw && short.stored == [1, 2, 3])
  }

  @Test("without a text encoder has no tokenizer")
  func withoutText() throws {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
    var header = SmallModel.header
    header.hasTextEncoder = false
    header.classLists = []
    try writer.finish(header)
    let file = try SedgeFile(path: folder.file("m"))
    #expect(try file.tokenizerBytes() == nil)
    #expect(file.modelTensors == [])
    try file.verifyChecksums()
  }

  @Test("keeps the dimensions of the published models", arguments: [Architecture.sedBase, .sedLarge])
  func architectures(architecture: Architecture) throws {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
    let header = SedgeHeader(
      sedgeVersion: "1", architecture: architecture, preprocessing: Preprocessing(), hasTextEncoder: false)
    try writer.finish(header)
    #expect(try SedgeFile(path: folder.file("m")).header == header)
  }

  @Test("stores thousands of tensors and folds")
  func large() throws {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
    for i in 0..<3000 {
      let tensor = ModelTensor(name: "b\(i)", role: .bias, layout: .plain, shape: [1])
      try writer.add(tensor, values: Tensor(shape: [1], values: [Float(i)]), requested: .int8)
    }
    var header = SmallModel.header
    header.hasTextEncoder = false
    header.classLists = []
    header.folds = (0..<3000).map {
      FoldRecord(kind: .norm, source: "n\($0)", targets: ["b\($0)"], obstacle: nil, certificate: nil)
    }
    try writer.finish(header)
    let file = try SedgeFile(path: folder.file("m"))
    #expect(file.header.folds == header.folds)
    #expect(try file.values(of: file.modelTensors[2999]).values == [2999])
  }

  @Test("refuses a tensor that it does not contain")
  func missing() throws {
    let file = try open(SmallModel.bytes(requested: .f32, storage: .raw))
    let tensor = ModelTensor(name: "none", role: .bias, layout: .plain, shape: [1])
    let error = #expect(throws: FormatError.self) { try file.values(of: tensor) }
    #expect(error?.kind == .missingTensor(nearest: nil) && error?.tensor == "none")
  }
}

@Suite("The writer")
struct Writer {
  @Test("refuses an element that is no finite number, by name", arguments: WeightFormat.allCases)
  func notFinite(requested: WeightFormat) throws {
    var values = SmallModel.values(of: SmallModel.tensors[2])
    values.values[5] = .infinity
    let error = #expect(throws: FormatError.self) {
      try PackedTensor(SmallModel.tensors[2], values: values, requested: requested, storage: .raw)
    }
    #expect(error?.kind == .malformed("element 5 is inf, expected a finite number"))
    #expect(error?.tensor == "fc.weight")
  }

  @Test("keeps a tensor in float32 that its codec cannot represent, with the reason")
  func floats() throws {
    let tensor = SmallModel.tensors[2]
    let cases: [(WeightFormat, StorageMode, Float, CodecIdentifier, FloatReason)] = [
      (.f16, .raw, 65_505, .f32, .overflow), (.f16, .compressed, -65_505, .f32Planes, .overflow),
      (.int4, .compressed, 1e30, .f32Planes, .proportion),
      (.int8, .compressed, 3e38, .f32Planes, .proportion),
    ]
    for (requested, storage, element, codec, reason) in cases {
      var values = SmallModel.values(of: tensor)
      values.values[5] = element
      let packed = try PackedTensor(tensor, values: values, requested: requested, storage: storage)
      #expect(packed.codec == codec && packed.floatReason == reason && packed.error.largestAbsolute == 0)
    }
  }

  @Test("leaves no file behind where a reader would refuse it")
  func refused() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
      var header = SmallModel.header
      header.hasTextEncoder = false
      header.classLists = []
      header.options[0].value = "a\0b"
      let error = #expect(throws: FormatError.self) { try writer.finish(header) }
      #expect(error?.kind == .malformed("its header does not read back as given: a text has a zero byte"))
    }
    #expect(try folder.contents() == [])
  }
}
