// A pickle with nothing around it, as Python's own `pickle` writes it.

internal import SedgeTensor

/// The contents of a file that is one pickle, such as the converted weights in detectron2's `.pkl`.
struct BarePickle: PickleContents {
  let root: PickleValue
  let heap: PickleHeap
  /// Arrays know their own order.
  let isBigEndian = false

  /// Reads the pickle.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault, and for the pickle of a checkpoint that was unpacked.
  init(_ file: InputFile) throws(FormatError) {
    var reader = PickleReader(ByteCursor(pickle: 0..<file.byteCount, of: file), in: file)
    root = try reader.read()
    heap = reader.heap
    guard heap.storages.allSatisfy({ $0.contents != nil }) else {
      throw FormatError(
        .unknownFormat(
          looksLike:
            "the data.pkl of a PyTorch checkpoint that was unpacked (pack its whole folder again as a zip archive)"
        ))
    }
    guard reader.position == file.byteCount else {
      throw FormatError(
        .malformed("\(file.byteCount - reader.position) bytes follow the pickle"), byteOffset: reader.position
      )
    }
  }

  /// None: all elements are in the pickle.
  func payload(_ storage: TorchStorage) -> StoredBytes? { nil }

  /// Whether bytes may begin a pickle of any protocol: by the protocol's number and an opcode that makes a value, or by
  /// the first opcodes of a dictionary in protocols that have no number.
  static func recognizes(_ prefix: some Collection<UInt8>) -> Bool {
    let start = Array(prefix.prefix(64))
    if start.count > 2, start[0] == 0x80 {
      return (2...5).contains(start[1])
        && (start[2] == 0x95 || "}](c)XUNKMJ".utf8.contains(start[2]) || start[2] == 0x8C)
    }
    return ["(dp", "(lp", "}q\0", "]q\0", "ccollections\n", "ccopy_reg\n"].contains {
      start.starts(with: $0.utf8)
    }
  }
}
