// Compressed segments that are not what the header says.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("A zstd frame")
struct FrameTests {
  /// The file with the first tensor's data replaced by `frame`, checksums right.
  func file(with frame: [UInt8]) throws -> SedgeFile {
    let folder = try TemporaryFolder()
    let writer = try SedgeWriter(path: folder.file("m"), storage: .zstd(level: 3))
    let tensor = ModelTensor(name: "w", role: .linear, layout: .oi, shape: [16, 1024])
    let rule = CodecRule(choice: .int8)
    try writer.append(
      PackedTensor(tensor, values: Tensor(zeros: tensor.shape), rule: rule, storage: writer.storage))
    var header = SmallModel.header
    header.hasTextEncoder = false
    header.classLists = []
    header = try writer.finish(header)
    // The scales follow the data; they are moved where its size has changed.
    var segment = header.tensors[0].data
    #expect(segment.compression == .zstd)
    segment.storedByteCount = frame.count
    segment.checksum = unsafe checksum(frame.span.bytes)
    header.tensors[0].data = segment
    let scales = try #require(header.tensors[0].scales)
    #expect(scales.compression == .zstd)
    let scaleBytes = try InputFile(path: folder.file("m")).bytes(
      at: scales.byteOffset, count: scales.storedByteCount)
    header.tensors[0].scales?.byteOffset = 64 + frame.count
    return try open(Parts(payload: frame + scaleBytes, header: header).bytes)
  }

  func frame(byteCount: Int) throws -> [UInt8] {
    try PackedSegment([UInt8](repeating: 0, count: byteCount), storage: .zstd(level: 3)).stored
  }

  func fault(of file: SedgeFile) throws -> FormatError? {
    #expect(throws: FormatError.self) { try file.values(of: file.modelTensors[0]) }
  }

  @Test("of the right size is read")
  func right() throws {
    let file = try file(with: frame(byteCount: 16_384))
    #expect(try file.values(of: file.modelTensors[0]) == Tensor(zeros: [16, 1024]))
  }

  @Test("of another size is refused")
  func size() throws {
    let error = try fault(of: file(with: frame(byteCount: 16_385)))
    #expect(error?.kind == .malformed("its zstd frame declares 16385 bytes, expected 16384 bytes"))
    #expect(error?.tensor == "w")
  }

  @Test("followed by another is refused")
  func second() throws {
    let one = try frame(byteCount: 16_384)
    let error = try fault(of: file(with: one + one))
    #expect(
      error?.kind == .malformed("its zstd frame has \(one.count) bytes, expected the stored \(2 * one.count)")
    )
  }

  @Test("that is none, or cut, is refused")
  func damaged() throws {
    let none = try fault(of: file(with: [UInt8](repeating: 7, count: 20)))
    #expect(none?.kind == .malformed("its zstd frame is damaged: Unknown frame descriptor"))
    let cut = try fault(of: file(with: frame(byteCount: 16_384).dropLast()))
    #expect(cut?.kind == .malformed("its zstd frame is damaged: Src size is incorrect"))
  }
}
