// The superblock of an HDF5 file: its place and the declared length of the file.

package import SedgeTensor

/// The fields of a superblock that are checked before libhdf5 opens the file.
///
/// Source: HDF5 File Format Specification 3.0, II.A, "Disk Format: Level 0A".
package struct HDF5Superblock {
  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Where the superblock starts: 0, 512, 1024, 2048 and so on.
  let byteOffset: Int
  /// The end of the file as the superblock has it; `nil` where its version or its width is not known.
  let endOfFile: Int?
  /// Whether the file is marked as open for writing (superblock version 3 and later).
  let isOpenForWriting: Bool

  /// The newest version that libhdf5 1.10 to 1.14 read.
  private static let newestVersion = 3
  /// Bits of the consistency flags: opened for writing; opened for writing while others read.
  private static let writingFlags: UInt8 = 0b101

  /// Finds the superblock.
  ///
  /// - Throws: ``FormatError`` where there is none, or the file ends within it.
  package init(of file: InputFile) throws(FormatError) {
    guard file.byteCount >= Self.signature.count else {
      throw FormatError(
        .truncated(expectedBytes: Self.signature.count, actualBytes: file.byteCount), path: file.path)
    }
    var byteOffset = 0
    while byteOffset <= file.byteCount - Self.signature.count {
      if try file.bytes(at: byteOffset, count: Self.signature.count) == Self.signature {
        let head = try file.bytes(at: byteOffset, count: min(64, file.byteCount - byteOffset))
        guard head.count >= 48 else {
          throw FormatError(
            .truncated(expectedBytes: byteOffset + 48, actualBytes: file.byteCount), path: file.path)
        }
        guard head[8] <= Self.newestVersion else {
          throw FormatError(
            .unsupported("version \(head[8]) of HDF5's superblock", advice: HDF5Library.rewritingAdvice),
            path: file.path)
        }
        self.byteOffset = byteOffset
        endOfFile = Self.endOfFile(head)
        isOpenForWriting = head[8] == 3 && head[11] & Self.writingFlags != 0
        return
      }
      byteOffset = byteOffset == 0 ? 512 : byteOffset * 2
    }
    throw FormatError(.malformed("no HDF5 signature at byte 0, 512, 1024, 2048 and so on"), path: file.path)
  }

  private static func endOfFile(_ head: [UInt8]) -> Int? {
    let addressWidth = head[8] < 2 ? head[13] : head[9]
    guard addressWidth == 8 else { return nil }
    let field: Int? =
      switch head[8] {
      case 0: 40
      case 1: 44
      case 2, 3: 28
      default: nil
      }
    guard let field else { return nil }
    var end = ByteCursor(head, part: "the superblock").moved(to: field)
    return (try? end.integer(UInt64.self)).flatMap(Int.init(exactly:))
  }
}
