// The first directory of a TIFF file or of an EXIF block, which is one.

internal import SedgeTensor

/// The entries of the first directory, up to where it breaks off (TIFF 6.0, section 2; EXIF 2.3, section 4.6).
///
/// As Pillow reads it: of two entries with one tag the first counts; an entry of an unknown type, without values, or with
/// more of them than the block has bytes is ignored; one whose values are outside of the block ends the directory.
struct TIFFDirectory {
  private struct Entry {
    var type: Int
    var byteOffset: Int
    var byteCount: Int
  }

  private static let typeByteCounts = [
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
  ]

  private let block: ByteCursor
  private let isLittleEndian: Bool
  private var entries: [Int: Entry] = [:]

  /// Reads the directory; `nil` where the bytes do not begin as a TIFF file does.
  init?(bytes: [UInt8]) {
    let starts = ["II*\0", "II\0*", "MM\0*", "MM*\0"]
    guard starts.contains(where: { bytes.starts(with: $0.utf8) }) else { return nil }
    block = ByteCursor(bytes, part: "the block")
    isLittleEndian = bytes[0] == UInt8(ascii: "I")
    guard let directory = integer(at: 4, byteCount: 4), let count = integer(at: directory, byteCount: 2)
    else { return }
    var outsideByteCount = 0
    for i in 0..<count {
      let place = directory + 2 + 12 * i
      guard let tag = integer(at: place, byteCount: 2), let type = integer(at: place + 2, byteCount: 2),
        let valueCount = integer(at: place + 4, byteCount: 4),
        let offset = integer(at: place + 8, byteCount: 4)
      else { return }
      guard entries[tag] == nil, let typeByteCount = Self.typeByteCounts[type], valueCount > 0 else {
        continue
      }
      var entry = Entry(type: type, byteOffset: place + 8, byteCount: valueCount * typeByteCount)
      if entry.byteCount > 4 {
        outsideByteCount += entry.byteCount
        if outsideByteCount > bytes.count { continue }
        if offset + entry.byteCount > bytes.count { return }
        entry.byteOffset = offset
      }
      entries[tag] = entry
    }
  }

  /// Whether there is an entry of a tag.
  func contains(_ tag: Int) -> Bool { entries[tag] != nil }

  /// The first number of an entry; `nil` where there is none or it is none of 16 or 32 bits.
  func integer(_ tag: Int) -> Int? {
    guard let entry = entries[tag] else { return nil }
    return switch entry.type {
    case 3: integer(at: entry.byteOffset, byteCount: 2)
    case 8: integer(at: entry.byteOffset, byteCount: 2).map { Int(Int16(truncatingIfNeeded: $0)) }
    case 6: integer(at: entry.byteOffset, byteCount: 1).map { Int(Int8(truncatingIfNeeded: $0)) }
    case 4, 13: integer(at: entry.byteOffset, byteCount: 4)
    case 9: integer(at: entry.byteOffset, byteCount: 4).map { Int(Int32(truncatingIfNeeded: $0)) }
    default: nil
    }
  }

  /// The unsigned integer at an offset of the block; `nil` where the block ends before.
  private func integer(at byteOffset: Int, byteCount: Int) -> Int? {
    var place = block.moved(to: byteOffset)
    guard let bytes = try? place.bytes(byteCount) else { return nil }
    return (isLittleEndian ? bytes.reversed() : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
  }
}
