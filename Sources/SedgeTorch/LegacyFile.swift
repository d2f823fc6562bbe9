// Files of torch.save before version 1.6: pickles and payloads, one after the other.

internal import SedgeTensor

/// The contents of a file without a zip archive around it.
///
/// Pickles of a magic number, a protocol number, facts of the machine, the object itself and a list of storage keys; then
/// for each key the number of elements in 8 bytes and the elements. All are little-endian whatever the machine.
///
/// Source: `_legacy_save` in `torch/serialization.py`.
struct LegacyFile: PickleContents {
  private(set) var root: PickleValue = .none
  private(set) var heap = PickleHeap()
  /// Where each storage's bytes are.
  private(set) var payloads: [String: StoredBytes] = [:]

  /// Little-endian, whatever the machine.
  let isBigEndian = false

  private let file: InputFile
  /// The stretch of the file that is read: all of it, or bytes within a pickle.
  private let contents: StoredBytes
  private let isInner: Bool
  /// What is to be read next, from the start of ``contents``.
  private var byteOffset: Int

  /// Bytes of all pickles.
  private(set) var pickleByteCount = 0

  /// The magic number as pickles hold it: `LONG1`, ten bytes, `STOP`.
  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let protocolVersion = 1001
  private static let maximumInnerPickleByteCount = 1 << 12

  /// Bytes of the first pickle, which must be the magic number; `nil` where it is not.
  static func magicByteCount(_ prefix: some Collection<UInt8>) -> Int? {
    guard prefix.first == 0x80 else { return nil }
    var start = 2
    if prefix.dropFirst(2).first == 0x95 { start += 9 }  // a frame and its length
    return prefix.dropFirst(start).starts(with: magic) ? start + magic.count : nil
  }

  /// Reads the pickles and finds the payloads.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault.
  init(_ file: InputFile) throws(FormatError) {
    try self.init(file, StoredBytes(byteOffset: 0, byteCount: file.byteCount), isInner: false)
  }

  /// Reads what Python's `pickle` keeps of a storage within a pickle; its own pickles are a few hundred bytes.
  ///
  /// - Throws: as ``init(_:)``.
  init(_ file: InputFile, within contents: StoredBytes) throws(FormatError) {
    try self.init(file, contents, isInner: true)
  }

  private init(_ file: InputFile, _ contents: StoredBytes, isInner: Bool) throws(FormatError) {
    self.contents = contents
    self.isInner = isInner
    let prefix = try contents.bytes(from: file, in: 0..<min(contents.byteCount, 64))
    guard let magicByteCount = Self.magicByteCount(prefix) else {
      throw FormatError(.malformed("the file does not begin with PyTorch's magic number"))
    }
    self.file = file
    byteOffset = magicByteCount
    guard case .integer(let version) = try nextPickle().root else {
      throw FormatError(.malformed("the protocol number is no integer"), byteOffset: magicByteCount)
    }
    guard version == Self.protocolVersion else {
      throw FormatError(.malformed("the protocol number is \(version), expected \(Self.protocolVersion)"))
    }
    _ = try nextPickle()
    (root, heap) = try nextPickle()
    try findPayloads(try keys())
  }

  /// The bytes of a storage.
  func payload(_ storage: TorchStorage) -> StoredBytes? { payloads[storage.key] }

  private mutating func nextPickle() throws(FormatError) -> (root: PickleValue, heap: PickleHeap) {
    let source: ByteCursor
    if isInner {
      let end = byteOffset + min(contents.byteCount - byteOffset, Self.maximumInnerPickleByteCount)
      source = ByteCursor(pickle: try contents.bytes(from: file, in: byteOffset..<end))
    } else {
      source = ByteCursor(pickle: byteOffset..<contents.byteCount, of: file)
    }
    var reader = PickleReader(source, in: file, mayHoldFiles: !isInner)
    let root = try reader.read()
    let end = isInner ? byteOffset + reader.position : reader.position
    pickleByteCount += end - byteOffset
    byteOffset = end
    return (root, reader.heap)
  }

  private mutating func keys() throws(FormatError) -> [String] {
    let start = byteOffset
    let (root, heap) = try nextPickle()
    var keys: [String] = []
    if case .list(let index) = root {
      for case .string(let key) in heap.sequences[index] { keys.append(key) }
      if keys.count == heap.sequences[index].count { return keys }
    }
    throw FormatError(.malformed("the storage keys are no list of texts"), byteOffset: start)
  }

  private mutating func findPayloads(_ keys: [String]) throws(FormatError) {
    var storages: [String: TorchStorage] = [:]
    for storage in heap.storages {
      guard storage.contents == nil else { continue }
      if case .unread(let name, byteCount: 0) = storage.elementType {
        throw FormatError(.unsupported("storages of \(name)", advice: TorchAdvice.saveStateDict))
      }
      let first = storages[storage.key, default: storage]
      guard first.byteCount == storage.byteCount, first.elementType == storage.elementType else {
        throw FormatError(.malformed("the storage \(storage.key) has two sizes or types"))
      }
      storages[storage.key] = storage
    }
    for key in keys {
      guard let storage = storages[key] else {
        throw FormatError(.malformed("no tensor uses the storage \(key)"), byteOffset: byteOffset)
      }
      guard byteOffset <= contents.byteCount - 8 else {
        throw FormatError(.truncated(expectedBytes: byteOffset + 8, actualBytes: contents.byteCount))
      }
      let countBytes = try contents.bytes(from: file, in: byteOffset..<byteOffset + 8)
      var counts = ByteCursor(countBytes, part: "the number of elements")
      let count = try counts.integer(Int64.self)
      guard count == Int64(storage.elementCount) else {
        throw FormatError(
          .malformed("the storage \(key) has \(count) elements, expected \(storage.elementCount)"),
          byteOffset: byteOffset)
      }
      byteOffset += 8
      let (end, overflow) = byteOffset.addingReportingOverflow(storage.byteCount)
      guard !overflow, end <= contents.byteCount else {
        throw FormatError(.truncated(expectedBytes: overflow ? .max : end, actualBytes: contents.byteCount))
      }
      let payload = contents.part(byteOffset..<end)
      guard payloads.updateValue(payload, forKey: key) == nil else {
        throw FormatError(.malformed("the storage \(key) is listed twice"), byteOffset: byteOffset)
      }
      byteOffset = end
    }
    guard byteOffset == contents.byteCount else {
      throw FormatError(
        .malformed("\(contents.byteCount - byteOffset) bytes follow the last storage"), byteOffset: byteOffset
      )
    }
  }
}
