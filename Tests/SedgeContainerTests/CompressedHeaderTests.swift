// A header that is stored as a Zstandard frame, right and wrong.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("A compressed header")
struct CompressedHeader {
  static func frame(_ plain: [UInt8]) throws -> [UInt8] {
    let packed = try PackedSegment(plain, storage: .zstd(level: 19))
    try #require(packed.compression == .zstd)
    return packed.stored
  }

  /// Bytes 12...15 of a preamble.
  static func plainByteCount(_ bytes: [UInt8]) -> Int {
    let fields = unsafe bytes.span.bytes
    return Int(fields.littleEndian(at: 12, as: UInt32.self))
  }

  static func storedByteCount(_ bytes: [UInt8]) -> Int {
    let fields = unsafe bytes.span.bytes
    return Int(fields.littleEndian(at: 24, as: UInt64.self))
  }

  @Test("is written where it is smaller, and takes the place of the plain one")
  func written() throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    let parts = try Parts(bytes)
    let frame = try Self.frame(parts.header)
    #expect(Self.plainByteCount(bytes) == parts.header.count)
    #expect(Self.storedByteCount(bytes) == frame.count && frame.count < parts.header.count)
    #expect(bytes == parts.bytes(storedHeader: frame, plainByteCount: parts.header.count))
    #expect(try open(bytes).header == open(parts.bytes).header)
  }

  @Test("is not written where it would expand to more than a reader takes")
  func tooSmall() throws {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .raw)
    var header = SmallModel.header
    header.hasTextEncoder = false
    header.classLists = []
    header.options[1].value = String(repeating: "x", count: 65_536)
    try writer.finish(header)
    let bytes = try bytes(of: folder.file("m"))
    #expect(Self.plainByteCount(bytes) == 0 && Self.storedByteCount(bytes) > 65_536)
    #expect(try open(bytes).header == header)
  }

  struct Case: Sendable {
    var name: String
    /// Where the fault is told to be; `nil` is the header's place.
    var byteOffset: Int?
    var kind: @Sendable (_ stored: [UInt8], _ plain: [UInt8]) -> FormatError.Kind
    /// The stored header and the plain byte count, from what is right.
    var change: @Sendable (_ stored: [UInt8], _ plain: [UInt8]) throws -> ([UInt8], Int)
  }

  static let cases = [
    Case(name: "that does not become smaller", byteOffset: 12) { stored, _ in
      .malformed(
        "the header has \(stored.count) bytes after decompression, expected"
          + " \(stored.count + 1)..<\(32 * stored.count + 1) of \(stored.count)")
    } change: { stored, _ in
      (stored, stored.count)
    },
    Case(name: "that expands beyond the limit", byteOffset: 12) { stored, _ in
      .malformed(
        "the header has \(32 * stored.count + 1) bytes after decompression, expected"
          + " \(stored.count + 1)..<\(32 * stored.count + 1) of \(stored.count)")
    } change: { stored, _ in
      (stored, 32 * stored.count + 1)
    },
    Case(name: "that truly expands beyond the limit", byteOffset: 12) { _, _ in
      let count = (try? frame(zeros).count) ?? 0
      return .malformed(
        "the header has 1048576 bytes after decompression, expected \(count + 1)..<\(32 * count + 1) of \(count)"
      )
    } change: { _, _ in
      (try frame(zeros), zeros.count)
    },
    Case(name: "larger than any header", byteOffset: 12) { _, _ in
      .malformed(
        "the header has 67108865 bytes after decompression, expected 2097153..<67108865 of 2097152")
    } change: { _, _ in
      ([UInt8](repeating: 0, count: 2 << 20), 67_108_865)
    },
    Case(name: "of another size") { _, plain in
      .malformed(
        "the header's zstd frame declares \(plain.count) bytes, expected \(plain.count + 1) bytes")
    } change: { stored, plain in
      (stored, plain.count + 1)
    },
    Case(name: "that is cut") { _, _ in
      .malformed("the header's zstd frame is damaged: Src size is incorrect")
    } change: { stored, plain in
      (stored.dropLast(), plain.count)
    },
    Case(name: "that is no frame") { _, _ in
      .malformed("the header's zstd frame is damaged: Unknown frame descriptor")
    } change: { stored, plain in
      ([7] + stored.dropFirst(), plain.count)
    },
    Case(name: "followed by a byte") { stored, _ in
      .malformed(
        "the header's zstd frame has \(stored.count) bytes, expected the stored \(stored.count + 1)")
    } change: { stored, plain in
      (stored + [0], plain.count)
    },
  ]

  private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

  @Test("is refused for each rule that it breaks", arguments: cases)
  func refuses(bad: Case) throws {
    let parts = try Parts(SmallModel.bytes(requested: .int8, storage: .raw))
    let right = try Self.frame(parts.header)
    let (stored, plainByteCount) = try bad.change(right, parts.header)
    let error = #expect(throws: FormatError.self) {
      try open(parts.bytes(storedHeader: stored, plainByteCount: plainByteCount))
    }
    #expect(error?.kind == bad.kind(right, parts.header))
    #expect(error?.byteOffset == bad.byteOffset ?? 64 + parts.payload.count)
  }

  @Test(
    "is refused where the preamble states a plain header, and a plain one where it states a compressed header"
  )
  func confused() throws {
    let parts = try Parts(SmallModel.bytes(requested: .int8, storage: .raw))
    let frame = try Self.frame(parts.header)
    let plain = #expect(throws: FormatError.self) {
      try open(parts.bytes(storedHeader: frame, plainByteCount: nil))
    }
    #expect(plain?.kind == .malformed("its header is no message of the schema"))
    let compressed = #expect(throws: FormatError.self) {
      try open(parts.bytes(storedHeader: parts.header, plainByteCount: parts.header.count + 1))
    }
    #expect(compressed?.kind == .malformed("the header's zstd frame is damaged: Unknown frame descriptor"))
  }

  @Test("with any byte changed and a right checksum is refused, or its header keeps every rule")
  func anyChange() throws {
    let folder = try TemporaryFolder()
    let parts = try Parts(SmallModel.bytes(requested: .int8, storage: .zstd(level: 3)))
    let frame = try Self.frame(parts.header)
    var refusedCount = 0
    for i in frame.indices {
      var changed = frame
      changed[i] ^= 1 << UInt8(i % 8)
      let bytes = parts.bytes(storedHeader: changed, plainByteCount: parts.header.count)
      do {
        let header = try SedgeFile(path: folder.write(bytes, to: "m")).header
        let again = Parts(payload: parts.payload, header: header).bytes
        #expect(try SedgeFile(path: folder.write(again, to: "m")).header == header)
      } catch is FormatError {
        refusedCount += 1
      }
    }
    #expect(refusedCount > frame.count / 2)
  }
}
