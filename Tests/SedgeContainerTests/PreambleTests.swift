// The first 64 bytes, each fault by its name.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("The preamble")
struct PreambleTests {
  struct Case: Sendable {
    var name: String
    var kind: FormatError.Kind
    var change: @Sendable (inout [UInt8]) -> Void
  }

  /// Puts bytes at an offset of the preamble and makes its checksum right.
  static func patch(_ bytes: inout [UInt8], _ offset: Int, _ value: some FixedWidthInteger) {
    var field: [UInt8] = []
    field.append(littleEndian: value)
    bytes.replaceSubrange(offset..<offset + field.count, with: field)
    var sum: [UInt8] = []
    unsafe sum.append(littleEndian: checksum(bytes.span.bytes.extracting(0..<56)))
    bytes.replaceSubrange(56..<64, with: sum)
  }

  static func mark(_ cause: String) -> FormatError.Kind {
    .malformed("its mark was changed by \(cause); transfer it again in binary mode")
  }

  static let cases = [
    Case(name: "another format", kind: .unknownFormat(looksLike: nil)) { $0[1] = 0x50 },
    Case(name: "7-bit transfer", kind: mark("a transfer of 7 bits a byte")) { $0[0] = 0x09 },
    Case(name: "CRLF to LF", kind: mark("a conversion of line ends")) { $0.remove(at: 6) },
    Case(name: "LF to CRLF", kind: mark("a conversion of line ends")) { $0.insert(0x0D, at: 7) },
    Case(name: "Latin-1 to UTF-8", kind: mark("a conversion to UTF-8")) { $0.insert(0xC2, at: 0) },
    Case(name: "UTF-8 with replacements", kind: mark("a conversion to UTF-8")) {
      $0.replaceSubrange(0..<1, with: [0xEF, 0xBF, 0xBD])
    },
    Case(name: "newer version", kind: .newerVersion(found: 5, supported: 4)) { patch(&$0, 8, UInt32(5)) },
    Case(name: "newest version", kind: .newerVersion(found: 0xFFFF_FFFF, supported: 4)) {
      patch(&$0, 8, UInt32.max)
    },
    Case(name: "version 0", kind: .malformed("its version is 0, expected 1...4")) {
      patch(&$0, 8, UInt32(0))
    },
    Case(name: "checksum", kind: .checksumMismatch(part: "the preamble")) { $0[56] ^= 1 },
    Case(name: "compressed header in version 1", kind: .malformed("reserved bytes are not zero")) {
      patch(&$0, 8, UInt32(1))
    },
    Case(name: "reserved", kind: .malformed("reserved bytes are not zero")) {
      patch(&$0, 48, UInt64(1) << 63)
    },
    Case(
      name: "header in the preamble",
      kind: .malformed("the header is at byte 63, expected 64 or more")
    ) { patch(&$0, 16, UInt64(63)) },
    Case(
      name: "header not aligned in version 1",
      kind: .malformed("the header is at byte 65, expected a multiple of 64 from 64 on")
    ) {
      patch(&$0, 8, UInt32(1))
      patch(&$0, 12, UInt32(0))
      patch(&$0, 16, UInt64(65))
    },
    Case(name: "no header", kind: .malformed("the header has 0 bytes, expected 1...67108864")) {
      patch(&$0, 24, UInt64(0))
    },
    Case(name: "huge header", kind: .malformed("the header has 67108865 bytes, expected 1...67108864")) {
      patch(&$0, 24, UInt64(67_108_865))
    },
    Case(
      name: "header size overflows",
      kind: .malformed("the header has \(UInt64.max) bytes, expected 1...67108864")
    ) {
      patch(&$0, 24, UInt64.max)
    },
    Case(
      name: "header's end overflows",
      kind: .malformed("the header ends at byte \(UInt64.max), expected the file's end at 192")
    ) {
      patch(&$0, 16, UInt64.max - 63)
      patch(&$0, 24, UInt64(64))
      $0.removeLast($0.count - 192)
      patch(&$0, 32, UInt64(192))
    },
    Case(
      name: "header before the end",
      kind: .malformed("the header ends at byte 65, expected the file's end at 192")
    ) {
      patch(&$0, 16, UInt64(64))
      patch(&$0, 24, UInt64(1))
      $0.removeLast($0.count - 192)
      patch(&$0, 32, UInt64(192))
    },
    Case(name: "beyond what a file can be", kind: .truncated(expectedBytes: Int.max, actualBytes: 192)) {
      $0.removeLast($0.count - 192)
      patch(&$0, 32, UInt64.max)
    },
    Case(name: "trailing byte", kind: .malformed("1 bytes follow its end")) { $0.append(0) },
  ]

  @Test("is refused for each fault by its name", arguments: cases)
  func refuses(bad: Case) throws {
    var bytes = try SmallModel.bytes(requested: .f32, storage: .raw)
    bad.change(&bytes)
    let error = #expect(throws: FormatError.self) { try open(bytes) }
    #expect(error?.kind == bad.kind)
    #expect(error?.path?.hasSuffix("/m") == true)
  }

  @Test("is recognized, damaged marks too, and other files are not")
  func recognizes() {
    #expect(SedgeFile.recognizes([0x89, 0x53, 0x45, 0x44, 0x47, 0x45, 0x0D, 0x0A, 1]))
    #expect(SedgeFile.recognizes([0x09, 0x53, 0x45, 0x44, 0x47, 0x45, 0x0D, 0x0A, 1]))
    #expect(!SedgeFile.recognizes([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
    #expect(!SedgeFile.recognizes([]))
    #expect(!SedgeFile.recognizes([0x89, 0x53]))
  }
}
