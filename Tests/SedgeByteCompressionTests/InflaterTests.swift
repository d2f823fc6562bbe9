import SedgeByteCompression
import SedgeTensor
import TestSupport
import Testing

@Suite("An inflater")
struct InflaterTests {
  private static let plain = Array("stripes stripes stripes stripes and stars".utf8)

  /// The same text, compressed by Python's zlib.
  static let streams: [(Inflater.Format, String)] = [
    (.deflate, "2b2e29ca2c482d5628c64127e6a500d98945c500"),
    (.zlib, "78da2b2e29ca2c482d5628c64127e6a500d98945c50058a61029"),
    (.gzip, "1f8b08000000000002032b2e29ca2c482d5628c64127e6a500d98945c5007387e4af29000000"),
  ]

  private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
    try #require([UInt8](hexadecimal: Array(hexadecimal.utf8)))
  }

  @Test("Streams of every kind are inflated", arguments: streams)
  func inflates(format: Inflater.Format, stream: String) throws {
    let bytes = try Self.bytes(stream)
    #expect(try Inflater.inflate(bytes, as: format, name: "it", limit: 41) == Self.plain)
    #expect(throws: FormatError(.malformed("it holds more than 40 bytes"))) {
      try Inflater.inflate(bytes, as: format, name: "it", limit: 40)
    }
    #expect(throws: FormatError(.malformed("it is cut short"))) {
      try Inflater.inflate(bytes.dropLast(), as: format, name: "it", limit: 41)
    }
    #expect(throws: FormatError(.malformed("2 bytes follow the end of it"))) {
      try Inflater.inflate(bytes + [0, 0], as: format, name: "it", limit: 41)
    }
    let trailed = try Inflater.inflate(
      bytes + [0, 0], as: format, name: "it", limit: 41, ignoresTrailingBytes: true)
    #expect(trailed == Self.plain)
  }

  @Test("A stream of another kind is refused")
  func refusesKind() throws {
    #expect(throws: FormatError(.malformed("it is damaged"))) {
      try Inflater.inflate(Self.bytes(Self.streams[1].1), as: .gzip, name: "it", limit: 41)
    }
  }

  @Test("A part of a stream in a file is inflated on its own")
  func skips() throws {
    let folder = try TemporaryFolder()
    let stream = try Self.bytes(Self.streams[0].1)
    let file = try InputFile(path: folder.write([9, 9] + stream + [9], to: "file"))
    var inflater = try Inflater(
      .deflate, of: ByteCursor(file, 2..<2 + stream.count, part: "it"), name: "it")
    try inflater.skip(32)
    var part = [UInt8](repeating: 0, count: 9)
    var span = part.mutableSpan
    var bytes = unsafe span.mutableBytes
    try inflater.fill(&bytes)
    try inflater.finish()
    #expect(part == Array("and stars".utf8))
  }
}
