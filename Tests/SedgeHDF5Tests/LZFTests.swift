// LZF decoded, right streams and wrong ones.

import SedgeHDF5
import SedgeTensor
import TestSupport
import Testing

@Suite("LZF")
struct LZFTests {
  /// Decodes bytes that are said to stand for `count`; `nil` where they are refused.
  private func decode(_ bytes: [UInt8], count: Int) -> [UInt8]? {
    var output = [UInt8](repeating: 0xEE, count: count)
    var span = output.mutableSpan
    return LZF.decode(bytes.span, into: &span) ? output : nil
  }

  @Test(
    "Literal runs and references give the bytes of the format",
    arguments: [
      ([], []),
      ([0, 7], [7]),
      ([2, 1, 2, 3], [1, 2, 3]),
      // A reference of 3 bytes, 2 back: the bytes that it makes are copied, too.
      ([1, 1, 2, 1 << 5, 1], [1, 2, 1, 2, 1]),
      // One of 9 + 2 bytes, 1 back.
      ([0, 5, 7 << 5, 2, 0], [UInt8](repeating: 5, count: 12)),
    ] as [([UInt8], [UInt8])])
  func decodes(_ bytes: [UInt8], _ expected: [UInt8]) {
    #expect(decode(bytes, count: expected.count) == expected)
  }

  @Test("The farthest reference is 8192 bytes back, the longest copies 264")
  func reachesFarthest() {
    let literal = [UInt8](0..<32)
    let parts: [[UInt8]] = (0..<256).map { run in literal.map { $0 ^ UInt8(run) } }
    let (written, runs) = (Array(parts.joined()), parts.flatMap { (part: [UInt8]) -> [UInt8] in [31] + part })
    #expect(
      decode(runs + [7 << 5 | 31, 255, 255] as [UInt8], count: 8192 + 264) == written + written.prefix(264))
  }

  @Test(
    "Streams that break off, reach back before the start, or are of another length are refused",
    arguments: [
      ([5, 1, 2], 6), ([0], 1), ([32], 3), ([0, 1, 7 << 5], 3), ([0, 1, 7 << 5, 0], 3),
      ([0, 1, 1 << 5, 1], 4), ([1 << 5, 0], 3), ([0, 1, 0x3F, 0xFF], 4),
      ([1, 1, 2], 1), ([1, 1, 2], 3), ([0, 1, 1 << 5, 0], 3), ([0, 1, 1 << 5, 0], 5), ([], 1), ([0, 1], 0),
    ] as [([UInt8], Int)])
  func refuses(_ bytes: [UInt8], _ count: Int) {
    #expect(decode(bytes, count: count) == nil)
  }

  @Test("Any bytes decode or are refused")
  func survivesAnything() {
    var state: UInt64 = 1
    for length in 0..<2000 {
      let bytes = (0..<length % 64).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      _ = decode(bytes, count: length)
    }
  }

  @Test("A damaged chunk is refused, and so is one with another declared size")
  func refusesDamage() throws {
    let whole = try bytes(of: fixture("hdf5/lzf.h5"))
    let folder = try TemporaryFolder()
    // The parameters of the data set `lzf`: revision 4 of the filter, version 0x0106 of LZF, 2400 bytes a chunk.
    let parameters = [4, 0x0105, 2400].flatMap { value in (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
    let place = try #require(whole.firstRange(of: parameters)).lowerBound
    var bytes = whole
    bytes[place + 8] ^= 4
    let other = try folder.write(bytes, to: "other.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: other) }
    #expect(error.kind == .malformed("LZF is set for chunks of 2404 bytes, expected 2400"))
    // The first numbers of the data set are in the chunk as they are.
    let start = try #require(whole.firstRange(of: [6, 0, 0, 0x40, 0xC0, 0, 0, 0x30, 0x20, 3])).lowerBound
    bytes = whole
    bytes[start] = 0xFF
    let archive = try HDF5Archive(path: try folder.write(bytes, to: "damaged.h5"))
    let info = try #require(archive.tensors.first { $0.name == "lzf" })
    #expect(throws: FormatError.self) { try archive.floats(info) }
  }
}
