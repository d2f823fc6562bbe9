// Goldens with a digest of their contents.

import Foundation
import SedgeContainer
import SedgeSafetensors
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("The digest of a golden")
struct GoldenDigestTests {
  /// The bytes of each tensor of a recorded golden.
  private static func recorded() throws -> [(info: TensorInfo, bytes: [UInt8])] {
    let archive = try SafetensorsArchive(path: fixture("tiny/linear.golden.safetensors"))
    return try archive.tensors.map { info in
      var bytes = [UInt8](repeating: 0, count: info.byteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      try archive.read(info, into: &raw)
      return (info, bytes)
    }
  }

  /// The digest by its description in docs/command-line.md.
  private static func digest(_ tensors: [(info: TensorInfo, bytes: [UInt8])]) -> String {
    let sorted = tensors.sorted {
      Array($0.info.name.utf8).lexicographicallyPrecedes(Array($1.info.name.utf8))
    }
    let contents = sorted.flatMap { info, bytes in
      let shape = info.shape.map { "\($0)" }.joined(separator: ",")
      return Array("\(info.name)\0\(info.elementType.rawValue)\0\(shape)\0".utf8) + bytes
    }
    return sha256(of: contents).map { String(format: "%02x", $0) }.joined()
  }

  @Test("A golden with its digest is read; one with any changed byte, name or shape is refused")
  func checks() throws {
    let tensors = try Self.recorded()
    let folder = try TemporaryFolder()
    let path = folder.file("g.safetensors")
    let writer = try SafetensorsWriter(
      path: path, tensors: tensors.map(\.info), metadata: ["sha256": Self.digest(tensors)])
    for (info, bytes) in tensors { unsafe try writer.write(bytes.span.bytes, of: info.name) }
    try writer.finish()
    _ = try Golden(SafetensorsArchive(path: path))
    let bytes = try TestSupport.bytes(of: path)
    let headerEnd = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    for place in stride(from: headerEnd, to: bytes.count, by: max((bytes.count - headerEnd) / 97, 1)) {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      _ = try folder.write(damaged, to: "d.safetensors")
      let error = #expect(throws: FormatError.self) {
        try Golden(SafetensorsArchive(path: folder.file("d.safetensors")))
      }
      #expect(error?.kind == .checksumMismatch(part: "its contents"))
    }
    for (old, new) in [("full.res2", "full.res6"), ("\"F32\",\"shape\":[1,", "\"I32\",\"shape\":[1,")] {
      let header = String(decoding: bytes[8..<headerEnd], as: UTF8.self)
      guard let range = header.firstRange(of: old) else { continue }
      let changed = header.replacingCharacters(in: range, with: new)
      _ = try folder.write(bytes[..<8] + Array(changed.utf8) + bytes[headerEnd...], to: "d.safetensors")
      #expect(throws: FormatError.self) { try Golden(SafetensorsArchive(path: folder.file("d.safetensors"))) }
    }
  }
}
