// Finding the reader for a file.

import SedgeContainer
import SedgeHDF5
import SedgeONNX
import SedgeSafetensors
public import SedgeTensor
import SedgeTorch

/// Opens a checkpoint with the reader that knows its format, told by its first bytes and not by its name.
///
/// - Throws: `FormatError` where the file cannot be read, is malformed, or is in no format that is read.
public func openArchive(path: String) throws(FormatError) -> any TensorArchive {
  let path = try checkpointPath(path)
  if ShardIndex.recognizes(try filePrefix(path: path), path: path) {
    return try ShardedArchive(path: path, open: openFile)
  }
  return try openFile(path: path)
}

/// Opens one file that is a checkpoint, or a part of one.
private func openFile(path: String) throws(FormatError) -> any TensorArchive {
  let prefix = try filePrefix(path: path)
  if HDF5Archive.recognizes(prefix) { return try HDF5Archive(path: path) }
  if SafetensorsArchive.recognizes(prefix) { return try SafetensorsArchive(path: path) }
  if TorchArchive.recognizes(prefix) { return try TorchArchive(path: path) }
  if ONNXArchive.recognizes(prefix) { return try ONNXArchive(path: path) }
  throw FormatError(.unknownFormat(looksLike: appearance(of: prefix)), path: path)
}

/// Whether a file is HDF5, which is read by a C library; `false` where it cannot be read at all.
public func isHDF5(path: String) -> Bool {
  (try? filePrefix(path: path)).map { HDF5Archive.recognizes($0) } ?? false
}

/// Opens what must be a checkpoint, and not what one was converted into.
///
/// - Throws: ``OptionError`` for a `.sedge` file, or as ``openArchive(path:)``.
func openCheckpoint(path: String) throws -> any TensorArchive {
  if SedgeFile.recognizes(try filePrefix(path: path)) {
    throw OptionError("\(path): is a .sedge file, expected a checkpoint; give the one that it was made from")
  }
  return try openArchive(path: path)
}

/// Opens one checkpoint, or several files that complete each other to one, each by any of the names that
/// `SourceNaming` knows.
///
/// - Throws: ``OptionError`` where two files have the same tensor, or as ``openCheckpoint(path:)``.
func openCheckpoint(paths: [String]) throws -> any TensorArchive {
  let archives = try paths.map { try openCheckpoint(path: $0) }
  return archives.count == 1 ? archives[0] : try MergedArchive(archives)
}

/// Opens what must be a `.sedge` file, and not what it is made from.
///
/// - Throws: ``OptionError`` for any other file, or `FormatError`.
func openSedgeFile(path: String) throws -> SedgeFile {
  let prefix = try filePrefix(path: path)
  if SedgeFile.recognizes(prefix) { return try SedgeFile(path: path) }
  if HDF5Archive.recognizes(prefix) || SafetensorsArchive.recognizes(prefix)
    || ShardIndex.recognizes(prefix, path: path) || TorchArchive.recognizes(prefix)
    || ONNXArchive.recognizes(prefix)
  {
    throw OptionError("\(path): is a checkpoint, expected a .sedge file; make one with sedge convert")
  }
  let found = appearance(of: prefix) ?? "in another format"
  throw OptionError("\(path): is \(found), expected a .sedge file")
}

/// The first bytes of a file, enough to tell any format.
func filePrefix(path: String) throws(FormatError) -> [UInt8] {
  let path = try checkpointPath(path)
  let file = try InputFile(path: path)
  guard file.byteCount > 0 else { throw FormatError(.malformed("it is empty"), path: path) }
  return try file.bytes(at: 0, count: min(file.byteCount, 4096))
}

/// What bytes look like that are no checkpoint in a format that is read.
private func appearance(of prefix: [UInt8]) -> String? {
  if SedgeFile.recognizes(prefix) { return "a .sedge file and not a checkpoint" }
  if prefix.starts(with: [0x80]) { return "a Python pickle and no PyTorch checkpoint" }
  if prefix.starts(with: Array("GGUF".utf8)) { return "a GGUF file" }
  if prefix.starts(with: [0x89, 0x50, 0x4E, 0x47]) || prefix.starts(with: [0xFF, 0xD8, 0xFF]) {
    return "a picture"
  }
  return nil
}
