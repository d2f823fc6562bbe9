// Written safetensors files, read back.

import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func info(_ name: String, _ elementType: ElementType, _ shape: [Int]) throws -> TensorInfo {
    try #require(TensorInfo(name: name, elementType: elementType, shape: shape))
  }

  private func contents(_ path: String) throws -> [UInt8] {
    return try TestSupport.bytes(of: path)
  }

  @Test("Tensors written in any order read back unchanged")
  func roundTrips() throws {
    let path = folder.file("out.safetensors")
    let metadata = ["b": "2", "a\"\\\u{1}\n💩": "1"]
    let infos = try ElementType.allCases.map { try info("t.\($0.rawValue)", $0, [2, 3]) }
    let writer = try SafetensorsWriter(path: path, tensors: infos, metadata: metadata)
    for info in infos.reversed() {
      try unsafe writer.write([UInt8](repeating: 1, count: info.byteCount).span.bytes, of: info.name)
    }
    #expect(try folder.contents() != ["out.safetensors"])
    try writer.finish()
    #expect(try folder.contents() == ["out.safetensors"])
    let archive = try SafetensorsArchive(path: path)
    #expect(archive.metadata == metadata)
    #expect(Set(archive.tensors) == Set(infos))
    for info in archive.tensors where !info.elementType.isFloatingPoint {
      let ones = (0..<info.elementType.byteCount).reduce(0) { value, i in value | 1 << (8 * i) }
      #expect(try archive.integers(info) == [Int](repeating: ones, count: 6))
    }
  }

  @Test("The bytes are those of the format: length, header padded to 8 bytes, aligned payloads")
  func writesExactBytes() throws {
    let path = folder.file("out.safetensors")
    let infos = try [info("mask", .uint8, [3]), info("x", .float32, [1]), info("none", .int64, [0])]
    let writer = try SafetensorsWriter(path: path, tensors: infos)
    try unsafe writer.write(([7, 8, 9] as [UInt8]).span.bytes, of: "mask")
    try unsafe writer.write([Float(1)].span.bytes, of: "x")
    try writer.finish()
    let header =
      #"{"none":{"dtype":"I64","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[1],"#
      + #""data_offsets":[0,4]},"mask":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}"#
    let padded = Array(header.utf8) + [UInt8](repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
    let length = [UInt8(padded.count), 0, 0, 0, 0, 0, 0, 0]
    #expect(try contents(path) == length + padded + [0, 0, 0x80, 0x3F, 7, 8, 9])
  }

  @Test("A writer that is given up leaves what was there")
  func leavesOldFile() throws {
    let path = try folder.write([1, 2, 3], to: "out.safetensors")
    do {
      let writer = try SafetensorsWriter(path: path, tensors: [info("x", .float32, [1])])
      try unsafe writer.write([Float(1)].span.bytes, of: "x")
    }
    #expect(try folder.contents() == ["out.safetensors"])
    #expect(try contents(path) == [1, 2, 3])
  }

  @Test("A folder that does not exist is an error")
  func refusesMissingFolder() throws {
    let path = folder.file("missing/out.safetensors")
    let error = try #require(throws: FormatError.self) { try SafetensorsWriter(path: path, tensors: []) }
    #expect(error == FormatError(.cannotWrite(reason: "No such file or directory"), path: path))
  }
}
