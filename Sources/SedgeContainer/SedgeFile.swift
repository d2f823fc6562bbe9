// Reading a .sedge file.

package import SedgeArchitecture
internal import SedgeByteCompression
internal import SedgeQuantization
package import SedgeTensor

/// A `.sedge` file opened for reading.
///
/// Opening reads and checks the preamble and the header; a tensor's bytes are read, checked against their
/// checksum and decoded on request. Several threads may use it at once.
package final class SedgeFile: WeightSource, Sendable {
  /// The newest version of the format that is read.
  package static let formatVersion = Preamble.newestVersion

  /// The file as the caller named it.
  package let path: String
  /// The header: all but the elements of tensors and the tokenizer's bytes.
  package let header: SedgeHeader
  /// The tensors of the model, in the order of the forward pass, without the text features of class lists.
  package let modelTensors: [ModelTensor]
  /// Bytes of the file.
  package var byteCount: Int { file.byteCount }
  /// The file as it was when it was opened.
  package var snapshot: FileSnapshot { file.snapshot }
  /// The version of the format that the file is of.
  package var version: Int { preamble.version }

  private let file: InputFile
  private let preamble: Preamble
  private let records: [String: TensorRecord]

  /// Whether a file's first bytes are the mark of a `.sedge` file, also where a transfer has damaged it.
  ///
  /// - Parameter prefix: The first bytes, 16 or more where the file has them.
  package static func recognizes(_ prefix: some Collection<UInt8>) -> Bool { Preamble.recognizes(prefix) }

  /// Opens a file.
  ///
  /// - Throws: ``FormatError`` for the first rule of the format that preamble or header break.
  package init(path: String) throws(FormatError) {
    self.path = path
    self.file = try InputFile(path: path)
    do throws(FormatError) {
      let start = try file.bytes(at: 0, count: min(Preamble.byteCount, file.byteCount))
      preamble = try Preamble(start, fileByteCount: file.byteCount)
      header = try decodeHeader(Self.headerBytes(of: file, preamble))
      try validate(header, payloadEnd: preamble.headerByteOffset, version: preamble.version)
    } catch {
      throw FormatError(error.kind, path: path, tensor: error.tensor, byteOffset: error.byteOffset)
    }
    records = Dictionary(header.tensors.map { ($0.tensor.name, $0) }) { first, _ in first }
    modelTensors = header.tensors.map(\.tensor).filter { $0.role != .textFeatures }
  }

  /// The header's bytes after decompression.
  private static func headerBytes(of file: InputFile, _ preamble: Preamble) throws(FormatError) -> [UInt8] {
    let byteOffset = preamble.headerByteOffset
    let stored = try file.bytes(at: byteOffset, count: preamble.headerByteCount)
    guard unsafe checksum(stored.span.bytes) == preamble.headerChecksum else {
      throw FormatError(.checksumMismatch(part: "the header"), byteOffset: byteOffset)
    }
    guard let plainByteCount = preamble.headerPlainByteCount else { return stored }
    return try FormatError.locating(byteOffset: byteOffset) { () throws(FormatError) in
      unsafe try ZstdFrame.decompress(
        stored.span.bytes, plainByteCount: plainByteCount, name: "the header's zstd frame")
    }
  }

  /// The model's dimensions.
  package var architecture: Architecture { header.architecture }
  /// Which parts of the graph are folded.
  package var foldState: FoldState { header.foldState }
  /// The logarithm of CLIP's factor on cosines.
  package var logitScale: Float? { header.logitScale }

  /// One tensor's values as float32, in its layout.
  ///
  /// - Throws: ``FormatError`` when there is no such tensor, its bytes do not match their checksum, or hold what no
  ///   encoder writes.
  package func values(of tensor: ModelTensor) throws(FormatError) -> Tensor {
    guard let record = records[tensor.name] else {
      throw FormatError(.missingTensor(nearest: nil), path: path, tensor: tensor.name)
    }
    return try values(of: record)
  }

  /// The values of a line of the tensor table.
  ///
  /// - Throws: ``FormatError`` when the bytes do not match their checksum, or hold what no encoder writes.
  package func values(of record: TensorRecord) throws(FormatError) -> Tensor {
    return try FormatError.locating(path: path, tensor: record.tensor.name) { () throws(FormatError) in
      let codes = try plainBytes(record.data, part: "the data")
      var scales: [Float] = []
      if let segment = record.scales {
        let bytes = try plainBytes(segment, part: "the scales")
        scales = [Float](repeating: 0, count: bytes.count / 4)
        var span = scales.mutableSpan
        unsafe decodeFloats(bytes.span.bytes, elementType: .float32, into: &span)
      }
      let (rows, columns) = record.tensor.matrix(for: record.codec)
      let values = unsafe try record.codec.codec.decode(
        codes: codes.span.bytes, scales: scales.span, rows: rows, columns: columns)
      return Tensor(shape: record.tensor.shape, values: values)
    }
  }

  /// The text features of a class list: classes x prompts x embedding.
  ///
  /// - Throws: ``FormatError`` when the bytes do not match their checksum, or hold what no encoder writes.
  package func textFeatures(of classList: SedgeHeader.ClassList) throws(FormatError) -> Tensor {
    guard let record = records[classList.features] else {
      throw FormatError(.missingTensor(nearest: nil), path: path, tensor: classList.features)
    }
    return try values(of: record)
  }

  /// The tokenizer's serialized merges, or `nil` where the text encoder was omitted.
  ///
  /// - Throws: ``FormatError`` when the bytes do not match their checksum.
  package func tokenizerBytes() throws(FormatError) -> [UInt8]? {
    guard let tokenizer = header.tokenizer else { return nil }
    return try FormatError.locating(path: path) { () throws(FormatError) in
      try plainBytes(tokenizer.merges, part: "the tokenizer")
    }
  }

  /// Reads the whole file and checks every byte against its checksum; the bytes between segments must be zero.
  ///
  /// Together with opening this finds any changed byte.
  ///
  /// - Throws: ``FormatError`` for the first part that was changed.
  package func verifyChecksums() throws(FormatError) {
    var end = Preamble.byteCount
    for named in header.placedSegments {
      let segment = named.segment
      try requireZeros(from: end, to: segment.byteOffset)
      try FormatError.locating(path: path, tensor: named.tensor?.name) { () throws(FormatError) in
        _ = try storedBytes(segment, part: "its segment")
      }
      end = segment.byteOffset + segment.storedByteCount
    }
    try requireZeros(from: end, to: preamble.headerByteOffset)
  }

  private func requireZeros(from start: Int, to end: Int) throws(FormatError) {
    let padding = try file.bytes(at: start, count: end - start)
    if let i = padding.firstIndex(where: { $0 != 0 }) {
      throw FormatError(
        .malformed("the padding between segments is \(padding[i]), expected 0"), path: path,
        byteOffset: start + i)
    }
  }

  private func storedBytes(_ segment: Segment, part: String) throws(FormatError) -> [UInt8] {
    let stored = try file.bytes(at: segment.byteOffset, count: segment.storedByteCount)
    guard unsafe checksum(stored.span.bytes) == segment.checksum else {
      throw FormatError(.checksumMismatch(part: part), byteOffset: segment.byteOffset)
    }
    return stored
  }

  private func plainBytes(_ segment: Segment, part: String) throws(FormatError) -> [UInt8] {
    let stored = try storedBytes(segment, part: part)
    guard segment.compression == .zstd else { return stored }
    return unsafe try ZstdFrame.decompress(stored.span.bytes, plainByteCount: segment.plainByteCount)
  }
}
