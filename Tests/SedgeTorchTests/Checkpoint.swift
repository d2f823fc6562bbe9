// Checkpoints made in a test, byte by byte.

/// What every refusal of a thing that is not read says to do.
let advice = "save the state dict alone: torch.save(model.state_dict(), PATH)"

/// A number in little-endian bytes.
func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A record of a zip archive, with everything that can be wrong about it.
struct ZipRecord {
  var name: String
  var contents: [UInt8]
  var flags: UInt16 = 0
  var method: UInt16 = 0
  var disk: UInt16 = 0
  /// Sizes that the directory claims; those of the contents where `nil`.
  var storedByteCount: UInt32?
  var byteCount: UInt32?
  /// Sizes that the record's own header claims; those of the directory where `nil`.
  var localStoredByteCount: UInt32?
  var localByteCount: UInt32?
  var localName: String?
  var localMethod: UInt16?
  /// Where the directory says the record is; where it is where `nil`.
  var headerOffset: UInt32?
  var extra: [UInt8] = []

  init(_ name: String, _ contents: [UInt8]) {
    self.name = name
    self.contents = contents
  }

  private var stored: UInt32 { storedByteCount ?? UInt32(contents.count) }
  private var plain: UInt32 { byteCount ?? UInt32(contents.count) }

  /// The header and the contents.
  var local: [UInt8] {
    let name = Array((localName ?? name).utf8)
    var header = Array("PK\u{3}\u{4}".utf8) + bytes(UInt16(20)) + bytes(flags)
    header += bytes(localMethod ?? method) + [UInt8](repeating: 0, count: 8)
    header += bytes(localStoredByteCount ?? stored) + bytes(localByteCount ?? plain)
    return header + bytes(UInt16(name.count)) + bytes(UInt16(0)) + name + contents
  }

  /// The entry of the directory.
  func entry(at offset: Int) -> [UInt8] {
    var entry = Array("PK\u{1}\u{2}".utf8) + bytes(UInt32(20)) + bytes(flags) + bytes(method)
    entry += [UInt8](repeating: 0, count: 8) + bytes(stored) + bytes(plain)
    entry += bytes(UInt16(name.utf8.count)) + bytes(UInt16(extra.count)) + bytes(UInt16(0)) + bytes(disk)
    entry += [UInt8](repeating: 0, count: 6) + bytes(headerOffset ?? UInt32(offset))
    return entry + Array(name.utf8) + extra
  }
}

/// A zip archive.
struct ZipArchive {
  var records: [ZipRecord]
  var comment: [UInt8] = []
  var disk: UInt16 = 0
  /// The number of records, and the offset and bytes of the directory, that the end claims; the true ones where `nil`.
  var recordCount: UInt16?
  var directoryOffset: UInt32?
  var directoryByteCount: UInt32?
  /// What stands between the directory and the end.
  var beforeEnd: [UInt8] = []
  /// What follows the end.
  var after: [UInt8] = []

  init(_ records: [ZipRecord]) { self.records = records }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for record in records {
      directory += record.entry(at: file.count)
      file += record.local
    }
    let offset = directoryOffset ?? UInt32(file.count)
    let byteCount = directoryByteCount ?? UInt32(directory.count)
    let count = recordCount ?? UInt16(records.count)
    let write: (UInt16) -> [UInt8] = { SedgeTorchTests.bytes($0) }
    file += directory + beforeEnd + Array("PK\u{5}\u{6}".utf8) + write(disk) + write(disk)
    file += write(count) + write(count) + SedgeTorchTests.bytes(byteCount) + SedgeTorchTests.bytes(offset)
    return file + write(UInt16(comment.count)) + comment + after
  }
}

/// A checkpoint of a pickle and storages, in a zip archive.
func checkpoint(_ pickle: [UInt8], storages: [String: [UInt8]] = [:]) -> ZipArchive {
  ZipArchive(
    [ZipRecord("archive/data.pkl", pickle)]
      + storages.sorted { $0.key < $1.key }.map { ZipRecord("archive/data/\($0.key)", $0.value) })
}

/// Parts of a pickle of protocol 2.
enum Pickle {
  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  static func text(_ text: String) -> [UInt8] {
    Array("X".utf8) + bytes(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + bytes(value) }

  static func tuple(_ parts: [[UInt8]]) -> [UInt8] { Array("(".utf8) + parts.joined() + Array("t".utf8) }

  static func integers(_ values: [Int]) -> [UInt8] { tuple(values.map(integer)) }

  /// The call of a function.
  static func call(_ function: [UInt8], _ arguments: [[UInt8]]) -> [UInt8] {
    function + tuple(arguments) + Array("R".utf8)
  }

  static func dictionary(_ entries: [(String, [UInt8])]) -> [UInt8] {
    Array("}(".utf8) + entries.flatMap { text($0.0) + $0.1 } + Array("u".utf8)
  }

  static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int) -> [UInt8] {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + Array("Q".utf8)
  }

  static func tensor(_ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"),
      [
        storage, integer(offset), integers(shape), integers(strides), [0x89],
        call(global("collections", "OrderedDict"), []),
      ])
  }

  /// A whole pickle of one value.
  static func whole(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }
}
