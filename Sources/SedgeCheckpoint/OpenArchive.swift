// Finding the reader for a file.

package import SedgeArchitecture
package import SedgeContainer
import SedgeHDF5
import SedgeONNX
import SedgeSafetensors
package import SedgeTensor
import SedgeTorch

/// Opens a checkpoint with the reader that knows its format, told by its first bytes and not by its name.
///
/// - Throws: `FormatError` where the file cannot be read, is malformed, or is in no format that is read.
package func openArchive(path: String) throws(FormatError) -> any TensorArchive {
  let path = try checkpointPath(path)
  if ShardIndex.recognizes(try filePrefix(path: path), path: path) {
    return try ShardedArchive(path: path, open: openFile)
  }
  return try openFile(path: path)
}

/// Opens one file that is a checkpoint, or a part of one.
private func openFile(path: String) throws(FormatError) -> any TensorArchive {
  let prefix = try filePrefix(path: path)
  do {
    if HDF5Archive.recognizes(prefix) { return try HDF5Archive(path: path) }
    if SafetensorsArchive.recognizes(prefix) { return try SafetensorsArchive(path: path) }
    if TorchArchive.recognizes(prefix) { return try TorchArchive(path: path) }
    if ONNXArchive.recognizes(prefix) { return try ONNXArchive(path: path) }
  } catch {
    guard sharesFirstBytes(prefix), let appearance = FileAppearance(prefix: prefix, path: path) else {
      throw error
    }
    throw appearance.error(path: path)
  }
  if SedgeFile.recognizes(prefix) {
    throw FormatError(.unknownFormat(looksLike: "a .sedge file and not a checkpoint"), path: path)
  }
  throw FileAppearance(prefix: prefix, path: path)?.error(path: path)
    ?? FormatError(.unknownFormat(looksLike: nil), path: path)
}

/// Opens what must be a checkpoint, and not what one was converted into.
///
/// - Throws: ``UsageError`` for a `.sedge` file, or as ``openArchive(path:)``.
package func openCheckpoint(path: String) throws -> any TensorArchive {
  if SedgeFile.recognizes(try filePrefix(path: path)) {
    throw UsageError(.sedgeFileGivenAsCheckpoint, path: path)
  }
  return try openArchive(path: path)
}

/// Opens one checkpoint, or several files that complete each other to one, each by any of the names that
/// `SourceNaming` knows.
///
/// - Parameter prefix: See ``SedgeArchitecture/ArchitectureOptions/prefix``; of one file, recognition applies it.
/// - Throws: ``UsageError`` where two files have the same tensor, or as ``openCheckpoint(path:)``.
package func openCheckpoint(paths: [String], prefix: String? = nil) throws -> any TensorArchive {
  let archives = try paths.map { try openCheckpoint(path: $0) }
  return archives.count == 1 ? archives[0] : try MergedArchive(archives, prefix: prefix)
}

extension ArchitectureOptions {
  /// The options for an archive that may have been put together by a prefix already.
  package func applied(to archive: any TensorArchive) -> ArchitectureOptions {
    var options = self
    if archive is MergedArchive { options.prefix = nil }
    return options
  }
}

/// Opens what must be a `.sedge` file, and not what it is made from.
///
/// - Throws: ``UsageError`` for any other file, or `FormatError`.
package func openSedgeFile(path: String) throws -> SedgeFile {
  let prefix = try filePrefix(path: path)
  if SedgeFile.recognizes(prefix) { return try SedgeFile(path: path) }
  let isCheckpoint =
    HDF5Archive.recognizes(prefix) || SafetensorsArchive.recognizes(prefix)
    || ShardIndex.recognizes(prefix, path: path) || TorchArchive.recognizes(prefix)
    || ONNXArchive.recognizes(prefix)
  let appearance =
    isCheckpoint && !sharesFirstBytes(prefix) ? nil : FileAppearance(prefix: prefix, path: path)
  if isCheckpoint, appearance == nil {
    throw UsageError(.checkpointGivenAsSedgeFile, path: path)
  }
  throw UsageError(.notASedgeFile(looksLike: appearance?.name), path: path)
}

/// Whether other programs' files start as those of a format that is read: zip archives, protocol buffers.
private func sharesFirstBytes(_ prefix: [UInt8]) -> Bool {
  prefix.starts(with: [0x50, 0x4B]) || ONNXArchive.recognizes(prefix)
}

/// The first bytes of a file, enough to tell any format.
package func filePrefix(path: String) throws(FormatError) -> [UInt8] {
  let path = try checkpointPath(path)
  let file = try InputFile(path: path)
  guard file.byteCount > 0 else {
    throw FormatError(.notACheckpoint(found: "empty", advice: "download or copy it again"), path: path)
  }
  return try file.bytes(at: 0, count: min(file.byteCount, 4096))
}
