// What tests ask about the process that reads an archive.

internal import CSedgeSandbox
package import SedgeTensor

extension HDF5Archive {
  /// The number of the process that reads; `nil` where this one does.
  package var readerNumber: Int? { (source as? ReaderProcess)?.processNumber }

  /// Whether limits, Landlock and seccomp all stand around the process that reads.
  package var hasWholeWall: Bool {
    let whole = SEDGE_WALL_LIMITS | SEDGE_WALL_LANDLOCK | SEDGE_WALL_CALLS
    return (source as? ReaderProcess).map { Int($0.walls) == whole } ?? false
  }

  /// What the process that reads may not do: by the name of each attempt the number of the system's error, 0 where it
  /// succeeded.
  package func tryWall() throws(FormatError) -> [String: Int] {
    guard let reader = source as? ReaderProcess else { return [:] }
    return try reader.tryWall()
  }
}
