// Segments at places where none may be.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("A place in the file")
struct Places {
  /// A tensor whose data or scales become smaller, or not.
  enum Contents: Sendable {
    /// 99 bytes of data and 12 of scales, both raw.
    case raw
    /// 3,072 zeros and 3 scales of 0, of which the data become smaller.
    case mixed
    /// 16,384 zeros and 16 scales of 0, both of which become smaller.
    case compressed

    var rows: Int { self == .compressed ? 16 : 3 }
    var columns: Int { self == .raw ? 33 : 1024 }
    var compressions: [Segment.Compression] {
      switch self {
      case .raw: [.raw, .raw]
      case .mixed: [.zstd, .raw]
      case .compressed: [.zstd, .zstd]
      }
    }
  }

  /// Where something begins, by where the one before ends.
  enum Place: Sendable {
    /// Some bytes behind the end.
    case direct(Int = 0)
    /// Some bytes behind the first multiple of 64 at or after the end.
    case aligned(Int = 0)

    func callAsFunction(_ end: Int) -> Int {
      switch self {
      case .direct(let more): end + more
      case .aligned(let more): (end + 63) / 64 * 64 + more
      }
    }
  }

  struct Case: Sendable {
    var version = 2
    var contents: Contents
    var scales: Place
    var header: Place = .direct()
    /// The fault by the places of data and scales; `nil` where there is none.
    var fault: (@Sendable (_ data: Range<Int>, _ scales: Range<Int>) -> String)?
  }

  static let cases = [
    Case(contents: .raw, scales: .aligned()),
    Case(contents: .mixed, scales: .aligned()),
    Case(contents: .compressed, scales: .direct()),
    Case(version: 1, contents: .raw, scales: .aligned(), header: .aligned()),
    Case(version: 1, contents: .mixed, scales: .aligned(), header: .aligned()),
    Case(version: 1, contents: .compressed, scales: .aligned(), header: .aligned()),
    Case(contents: .raw, scales: .direct()) {
      "a segment is at byte \($1.lowerBound), expected a multiple of 64"
    },
    Case(contents: .mixed, scales: .direct()) {
      "a segment is at byte \($1.lowerBound), expected a multiple of 64"
    },
    Case(contents: .raw, scales: .aligned(64)) {
      "the segment at byte \($1.lowerBound) leaves a gap after the one before, which ends at \($0.upperBound)"
    },
    Case(contents: .compressed, scales: .direct(1)) {
      "the segment at byte \($1.lowerBound) leaves a gap after the one before, which ends at \($0.upperBound)"
    },
    Case(contents: .compressed, scales: .aligned()) {
      "the segment at byte \($1.lowerBound) leaves a gap after the one before, which ends at \($0.upperBound)"
    },
    Case(contents: .compressed, scales: .direct(-1)) {
      "the segment at byte \($1.lowerBound) overlaps the one before, which ends at \($0.upperBound)"
    },
    Case(contents: .raw, scales: .aligned(), header: .aligned()) {
      "the last segment ends at byte \($1.upperBound), expected the header at \($1.upperBound),"
        + " found \(Place.aligned()($1.upperBound))"
    },
    Case(contents: .compressed, scales: .direct(), header: .direct(1)) {
      "the last segment ends at byte \($1.upperBound), expected the header at \($1.upperBound),"
        + " found \($1.upperBound + 1)"
    },
    Case(version: 1, contents: .compressed, scales: .direct(), header: .aligned()) {
      "a segment is at byte \($1.lowerBound), expected a multiple of 64"
    },
    Case(version: 1, contents: .raw, scales: .aligned(), header: .direct()) {
      "the header is at byte \($1.upperBound), expected a multiple of 64 from 64 on"
    },
  ]

  @Test("is right only where the version's rule puts it", arguments: cases)
  func places(example: Case) throws {
    let contents = example.contents
    let tensor = ModelTensor(name: "w", role: .linear, layout: .oi, shape: [contents.rows, contents.columns])
    let value: Float = contents == .raw ? 1 : 0
    let values = Tensor(
      shape: tensor.shape, values: (0..<tensor.elementCount).map { value * Float($0 * 7 % 31) })
    let packed = try PackedTensor(
      tensor, values: values, rule: CodecRule(choice: .int8),
      storage: contents == .raw ? .raw : .zstd(level: 3))
    let packedScales = try #require(packed.scales)
    #expect([packed.data.compression, packedScales.compression] == contents.compressions)
    let data = place(packed.data, at: 64)
    let scales = place(packedScales, at: example.scales(end(data)))
    var payload = [UInt8](repeating: 0, count: example.header(end(scales)) - 64)
    for (segment, bytes) in [(data, packed.data.stored), (scales, packedScales.stored)] {
      payload.replaceSubrange((segment.byteOffset - 64)..<(end(segment) - 64), with: bytes)
    }
    var header = SmallModel.header
    header.hasTextEncoder = false
    header.classLists = []
    header.tensors = [
      TensorRecord(
        tensor: tensor, codec: .int8, floatReason: nil, data: data, scales: scales, largestAbsoluteError: 0,
        relativeRMSError: 0)
    ]
    let bytes = Parts(version: example.version, payload: payload, header: header).bytes
    if let fault = example.fault {
      let error = #expect(throws: FormatError.self) { try open(bytes) }
      let text = fault(data.byteOffset..<end(data), scales.byteOffset..<end(scales))
      #expect(error?.kind == .malformed(text))
    } else {
      try readAll(bytes)
      #expect(try open(bytes).version == example.version)
    }
  }

  private func place(_ packed: PackedSegment, at byteOffset: Int) -> Segment {
    Segment(
      byteOffset: byteOffset, storedByteCount: packed.stored.count, plainByteCount: packed.plainByteCount,
      compression: packed.compression, checksum: packed.checksum)
  }

  private func end(_ segment: Segment) -> Int { segment.byteOffset + segment.storedByteCount }

  @Test("of codes that compress themselves is raw, and directly after the one before")
  func compact() throws {
    let bytes = try SmallModel.bytes(requested: .int4, storage: .zstd(level: 3))
    var parts = try Parts(bytes)
    var header = try open(bytes).header
    #expect(header.tensors[2].codec == .trellis && header.tensors[2].data.compression == .raw)
    header.tensors[2].data.compression = .zstd
    parts.header = encodeHeader(header)
    let error = #expect(throws: FormatError.self) { try open(parts.bytes) }
    #expect(
      error?.kind == .malformed("its data are compressed, expected raw: trellis compresses them")
        && error?.tensor == "fc.weight")
  }

  @Test(
    "of the writer's choice is aligned where elements can be mapped, and directly after the one before else")
  func writer() throws {
    for storage in storages {
      let header = try open(SmallModel.bytes(requested: .int8, storage: storage)).header
      var end = 64
      for record in header.tensors {
        for segment in [record.data, record.scales].compactMap({ $0 }) {
          let isMapped = segment.compression == .raw && [.f32, .f16, .int8].contains(record.codec)
          #expect(segment.byteOffset == (isMapped ? Place.aligned()(end) : end))
          end = segment.byteOffset + segment.storedByteCount
        }
      }
      #expect(header.tokenizer?.merges.byteOffset == end)
    }
  }
}
