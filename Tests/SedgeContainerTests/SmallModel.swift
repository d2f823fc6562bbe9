// A small model that has one of everything, and files made of it, whole and broken.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport

enum SmallModel {
  static let tensors = [
    ModelTensor(name: "stem.weight", role: .convolution, layout: .ohwi, shape: [8, 3, 3, 16]),
    ModelTensor(name: "block.weight", role: .depthwiseConvolution, layout: .hwc, shape: [3, 3, 128]),
    ModelTensor(name: "fc.weight", role: .linear, layout: .oi, shape: [32, 33]),
    ModelTensor(name: "fc.bias", role: .bias, layout: .plain, shape: [32]),
    ModelTensor(name: "positions", role: .positionalEmbedding, layout: .plain, shape: [8, 128]),
    ModelTensor(name: "up.weight", role: .transposedConvolution, layout: .ohwi, shape: [16, 2, 2, 16]),
    ModelTensor(name: "tokens", role: .embedding, layout: .plain, shape: [70, 16]),
    ModelTensor(name: "scale", role: .bias, layout: .plain, shape: []),
  ]
  static let features = ModelTensor(
    name: "features", role: .textFeatures, layout: .plain, shape: [2, 2, 256])
  static let merges: [UInt8] = Array("#version: 0.2\na b\nab c</w>\n".utf8)

  static let header = SedgeHeader(
    sedgeVersion: "0.1.0",
    architecture: Architecture(
      image: Architecture.ConvNeXt(
        depths: [1, 2, 3, 4], widths: [16, 32, 64, 128], head: .mlp(hiddenWidth: 96), embeddingWidth: 256,
        kernel: 3),
      text: Architecture.TextEncoder(width: 64, heads: 4, layers: 2, contextLength: 16, vocabularySize: 70),
      decoder: Architecture.Decoder(
        promptCount: 2, hiddenWidth: 32, widths: [64, 32, 16], guidanceWidths: [32, 16, 8], heads: 2,
        kernel: 5,
        costKernel: 3, pooling: 2)),
    preprocessing: Preprocessing(resolution: 640, topK: nil),
    foldState: FoldState(
      pixelStatisticsFolded: true, attentionScaleFolded: false, classBlockSimplified: true),
    folds: [
      FoldRecord(
        kind: .norm, source: "block.norm", targets: ["fc", "block.fc2"], obstacle: nil,
        certificate: FoldRecord.Certificate(largestDifference: 1e-6, largestMagnitude: 3, tolerance: 2e-6)),
      FoldRecord(
        kind: .layerScale, source: "block.gamma", targets: [], obstacle: "is zero", certificate: nil),
    ],
    hasTextEncoder: true,
    promptTemplates: ["a photo of a {}.", "ein Bild: {} – schön"],
    classLists: [
      SedgeHeader.ClassList(name: "two", classNames: ["sky", "wall, brick"], features: "features")
    ],
    sources: [
      SedgeHeader.SourceRecord(
        fileName: "sed.h5", sha256: Array(0..<32), byteCount: 1 << 40, formatName: "HDF5")
    ],
    options: [
      SedgeHeader.Option(key: "quantize", value: "int8"), SedgeHeader.Option(key: "note", value: ""),
    ],
    quantization: QuantizationRecord(
      requested: "int8 --calibrate",
      calibration: QuantizationRecord.Calibration(pictureCount: 32, source: "synthetic", isCompensated: true),
      measuredQuality: QuantizationRecord.MeasuredQuality(
        pictureCount: 8, source: "pictures of the user", isHeldOut: true, labelChange: 0.004, scoreRMS: 0.02,
        scoreMaximum: 0.5, classCount: 150)),
    hyperparameters: [
      HyperparameterRecord(name: "heads", origin: .given),
      HyperparameterRecord(name: "text-heads", origin: .found(place: "sed.h5, text_heads")),
      HyperparameterRecord(name: "pooling", origin: .assumed(rule: "as in the published evaluation")),
      HyperparameterRecord(name: "norm-eps", origin: .derived(from: "SED-B")),
      HyperparameterRecord(name: "of-a-later-version", origin: .given),
    ],
    provenance: ProvenanceRecord(
      commit: String(repeating: "0123456789", count: 4) + "-dirty", kernels: "avx2",
      inputs: [
        ProvenanceRecord.Input(
          option: "templates", fileName: "templates.json", fileCount: nil, sha256: Array(1...32)),
        ProvenanceRecord.Input(option: "calibrate", fileName: nil, fileCount: 32, sha256: Array(2...33)),
      ]))

  /// Numbers for a tensor, the same in every run.
  static func values(of tensor: ModelTensor) -> Tensor {
    var state = UInt64(tensor.name.utf8.reduce(7) { ($0 &* 31) &+ Int($1) })
    let values = (0..<tensor.elementCount).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-36
    }
    return Tensor(shape: tensor.shape, values: values)
  }

  /// Writes the model; returns the header as written.
  @discardableResult
  static func write(
    to path: String, requested: WeightFormat, storage: StorageMode
  ) throws -> SedgeHeader {
    let writer = try SedgeWriter(path: path, storage: storage)
    for tensor in tensors + [features] {
      try writer.add(tensor, values: values(of: tensor), requested: requested)
    }
    return try finish(writer)
  }

  /// Writes what follows the tensors.
  static func finish(_ writer: SedgeWriter) throws -> SedgeHeader {
    writer.note(importance: 0.25, errorShare: 0.75, of: "fc.weight")
    writer.note(importance: 3, errorShare: 0, of: "block.weight")
    try writer.addTokenizer(merges, contextLength: 16)
    return try writer.finish(header)
  }

  /// The bytes of the model as a file.
  static func bytes(requested: WeightFormat, storage: StorageMode) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    try write(to: folder.file("m"), requested: requested, storage: storage)
    return try TestSupport.bytes(of: folder.file("m"))
  }
}

/// A file taken apart, to be put together again with right checksums.
struct Parts {
  /// The version of the file.
  var version = Preamble.leastWrittenVersion
  /// What is between preamble and header.
  var payload: [UInt8]
  /// The header's bytes before compression.
  var header: [UInt8]

  /// Takes apart a file that is right.
  init(_ bytes: [UInt8]) throws {
    let fields = unsafe bytes.span.bytes
    let headerByteOffset = Int(fields.littleEndian(at: 16, as: UInt64.self))
    payload = Array(bytes[64..<headerByteOffset])
    header = encodeHeader(try open(bytes).header)
  }

  /// Collects the parts.
  init(version: Int = Preamble.leastWrittenVersion, payload: [UInt8], header: SedgeHeader) {
    self.version = version
    self.payload = payload
    self.header = encodeHeader(header)
  }

  /// The file, its header stored as it is.
  var bytes: [UInt8] { bytes(storedHeader: header, plainByteCount: nil) }

  /// The file with a header in some other form.
  func bytes(storedHeader: [UInt8], plainByteCount: Int?) -> [UInt8] {
    let preamble = unsafe Preamble(
      version: version, headerByteOffset: 64 + payload.count, headerByteCount: storedHeader.count,
      headerPlainByteCount: plainByteCount, headerChecksum: checksum(storedHeader.span.bytes))
    return preamble.bytes + payload + storedHeader
  }
}

/// Opens a file of these bytes.
func open(_ bytes: [UInt8]) throws -> SedgeFile {
  let folder = try TemporaryFolder()
  return try SedgeFile(path: folder.write(bytes, to: "m"))
}

/// Reads every byte of a file, in every way there is.
func readAll(_ bytes: [UInt8]) throws {
  let file = try open(bytes)
  try file.verifyChecksums()
  for tensor in file.modelTensors { _ = try file.values(of: tensor) }
  for list in file.header.classLists { _ = try file.textFeatures(of: list) }
  _ = try file.tokenizerBytes()
}
