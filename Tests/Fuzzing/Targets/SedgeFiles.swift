// .sedge files: preamble, header, segments.

import SedgeArchitecture
import SedgeContainer
import SedgeTensor

extension FuzzTarget {
  static let sedgeFiles = [
    FuzzTarget(
      name: "sedge-file", maximumByteCount: 1 << 15,
      seeds: { try fixtures("sedge", ".sedge") },
      read: { try examine(SedgeFile(path: file($0, named: "model.sedge"))) }),
    // The checksums of preamble and header, later of segments, are made right, so that what they guard is reached.
    FuzzTarget(
      name: "sedge-header", maximumByteCount: 1 << 15,
      words: utf8("text_features", "sky", "{}", "HDF5", "f32", "int8"),
      seeds: {
        try fixtures("sedge", ".sedge").map { bytes in
          let model = try SedgeFile(path: file(bytes, named: "model.sedge"))
          let payload = payload(of: bytes)
          return [UInt8(model.version)] + word(payload.count) + payload + encodeHeader(model.header)
        }
      },
      read: { bytes in
        var fields = Fields(bytes)
        let version = fields.byte()
        let payload = fields.bytes(fields.word())
        let forged = forgedFile(version: version, payload: payload, header: Array(fields.rest))
        let model = try SedgeFile(path: file(forged, named: "model.sedge"))
        var header = model.header
        correctChecksums(of: &header, in: forged)
        let corrected = forgedFile(version: version, payload: payload, header: encodeHeader(header))
        let same = try SedgeFile(path: file(corrected, named: "model.sedge"))
        require(same.header == header, "a header that is written again is the same")
        try examine(same)
      }),
  ]

  /// A file with right checksums of preamble and header.
  private static func forgedFile(version: Int, payload: [UInt8], header: [UInt8]) -> [UInt8] {
    let preamble = Preamble(
      version: version, headerByteOffset: Preamble.byteCount + payload.count, headerByteCount: header.count,
      headerChecksum: unsafe checksum(header.span.bytes))
    return preamble.bytes + payload + header
  }

  /// Sets the checksums of all segments that lie within the bytes of a file.
  private static func correctChecksums(of header: inout SedgeHeader, in bytes: [UInt8]) {
    func corrected(_ segment: Segment) -> Segment {
      var segment = segment
      let range = segment.byteOffset..<segment.byteOffset + segment.storedByteCount
      segment.checksum = unsafe checksum(Array(bytes[range]).span.bytes)
      return segment
    }
    for index in header.tensors.indices {
      header.tensors[index].data = corrected(header.tensors[index].data)
      header.tensors[index].scales = header.tensors[index].scales.map(corrected)
    }
    if let merges = header.tokenizer?.merges { header.tokenizer?.merges = corrected(merges) }
  }

  /// Reads all of a file.
  private static func examine(_ model: SedgeFile) throws {
    let merges = try? model.tokenizerBytes()
    _ = merges?.count
    for record in model.header.tensors where record.tensor.elementCount <= 1 << 20 {
      guard let values = try? model.values(of: record) else { continue }
      require(values.values.allSatisfy(\.isFinite), "elements are finite")
    }
    try model.verifyChecksums()
  }
}

/// The bytes of a `.sedge` file between preamble and header.
func payload(of bytes: [UInt8]) -> [UInt8] {
  let headerByteOffset = bytes[16..<24].reversed().reduce(0) { $0 << 8 | Int($1) }
  return Array(bytes[Preamble.byteCount..<headerByteOffset])
}
