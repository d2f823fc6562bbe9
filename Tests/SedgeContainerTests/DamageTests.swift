// A file that was cut or changed anywhere is never read as if it were whole.

import Foundation
import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("Damage")
struct Damage {
  @Test("Every shorter prefix of a file is refused", arguments: storages)
  func truncation(storage: StorageMode) throws {
    let folder = try TemporaryFolder()
    let bytes = try SmallModel.bytes(requested: .int8, storage: storage)
    let path = try folder.write(bytes, to: "m")
    let handle = try #require(FileHandle(forWritingAtPath: path))
    for count in bytes.indices.reversed() {
      try handle.truncate(atOffset: UInt64(count))
      let expected = FormatError.Kind.truncated(
        expectedBytes: count < 64 ? 64 : bytes.count, actualBytes: count)
      let error = fault { () throws(FormatError) in _ = try SedgeFile(path: path) }
      if error?.kind != expected { Issue.record("\(count) bytes give \(String(describing: error))") }
    }
  }

  @Test("Every changed byte is found", arguments: storages)
  func flips(storage: StorageMode) throws {
    let folder = try TemporaryFolder()
    let bytes = try SmallModel.bytes(requested: .int8, storage: storage)
    try readAll(bytes)
    let path = try folder.write(bytes, to: "m")
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    for i in bytes.indices {
      for change in [UInt8(1) << UInt8(i % 8), 0xFF] {
        try handle.overwrite(bytes[i] ^ change, at: i)
        let error = fault { () throws(FormatError) in try SedgeFile(path: path).verifyChecksums() }
        if error == nil { Issue.record("byte \(i) changed by \(change) is not found") }
      }
      try handle.overwrite(bytes[i], at: i)
    }
    try SedgeFile(path: path).verifyChecksums()
  }

  @Test("Every flipped bit of a small file is found", arguments: storages)
  func bits(storage: StorageMode) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    let writer = try SedgeWriter(path: path, storage: storage)
    for tensor in SmallModel.tensors.filter({ ["fc.bias", "scale", "fc.weight"].contains($0.name) }) {
      try writer.add(tensor, values: SmallModel.values(of: tensor), requested: .int8)
    }
    try writer.addTokenizer(SmallModel.merges, contextLength: 16)
    var header = SmallModel.header
    header.classLists = []
    _ = try writer.finish(header)
    let bytes = try TestSupport.bytes(of: path)
    try SedgeFile(path: path).verifyChecksums()
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    for i in bytes.indices {
      for bit in 0..<8 {
        try handle.overwrite(bytes[i] ^ 1 << UInt8(bit), at: i)
        let error = fault { () throws(FormatError) in try SedgeFile(path: path).verifyChecksums() }
        if error == nil { Issue.record("bit \(bit) of byte \(i) of \(bytes.count) is not found") }
      }
      try handle.overwrite(bytes[i], at: i)
    }
    try SedgeFile(path: path).verifyChecksums()
  }

  @Test("A flipped bit of a segment is found by what uses the segment, and by nothing else")
  func use() throws {
    let bytes = try SmallModel.bytes(requested: .int8, storage: .compressed)
    let header = try open(bytes).header
    let segments =
      header.tensors.map { (name: $0.tensor.name as String?, segment: $0.data) }
      + (header.tokenizer.map { [(nil, $0.merges)] } ?? [])
    for (name, segment) in segments {
      var damaged = bytes
      damaged[segment.byteOffset + segment.storedByteCount / 2] ^= 4
      let file = try open(damaged)
      for record in file.header.tensors {
        let error = fault { () throws(FormatError) in _ = try file.values(of: record) }
        #expect(
          (error != nil) == (record.tensor.name == name),
          "\(record.tensor.name), damaged: \(name ?? "tokenizer")")
      }
      let error = fault { () throws(FormatError) in _ = try file.tokenizerBytes() }
      #expect((error != nil) == (name == nil))
    }
  }

  @Test("A changed byte of a tensor is found when the tensor is read, and is named", arguments: storages)
  func tensor(storage: StorageMode) throws {
    var bytes = try SmallModel.bytes(requested: .int8, storage: storage)
    let record = try open(bytes).header.tensors[2]
    let scales = record.scales.map { ($0, "the scales") }
    #expect((scales != nil) == (storage == .raw))
    for (segment, part) in [(record.data, "the data"), scales].compactMap({ $0 }) {
      bytes[segment.byteOffset] ^= 1
      let file = try open(bytes)
      let error = #expect(throws: FormatError.self) { try file.values(of: record.tensor) }
      #expect(error?.kind == .checksumMismatch(part: part))
      #expect(
        error?.tensor == "fc.weight" && error?.byteOffset == segment.byteOffset && error?.path == file.path)
      bytes[segment.byteOffset] ^= 1
    }
  }

  @Test("A changed byte between segments is found and distinguished from one in a segment")
  func padding() throws {
    var bytes = try SmallModel.bytes(requested: .int8, storage: .raw)
    let record = try open(bytes).header.tensors[2]
    let end = record.data.byteOffset + record.data.storedByteCount
    try #require(try #require(record.scales).byteOffset > end)
    bytes[end] = 7
    let error = #expect(throws: FormatError.self) { try open(bytes).verifyChecksums() }
    #expect(error?.kind == .malformed("the padding between segments is 7, expected 0"))
    #expect(error?.byteOffset == end)
  }
}

/// The error of `body`, without the cost of an expectation, for what is done thousands of times.
private func fault(_ body: () throws(FormatError) -> Void) -> FormatError? {
  do throws(FormatError) {
    try body()
    return nil
  } catch {
    return error
  }
}

extension FileHandle {
  fileprivate func overwrite(_ byte: UInt8, at byteOffset: Int) throws {
    try seek(toOffset: UInt64(byteOffset))
    try write(contentsOf: [byte])
  }
}
