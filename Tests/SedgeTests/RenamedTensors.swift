// Checkpoints written again under other names.

import Sedge
import SedgeSafetensors
import SedgeTensor
import TestSupport

/// Writes tensors of a checkpoint as safetensors under other names.
///
/// - Parameters:
///   - name: The file's name in the folder.
///   - renaming: The new name of a tensor; `nil` leaves it out.
/// - Returns: The file's path.
func writeRenamed(
  _ source: String, as name: String, in folder: TemporaryFolder, renaming: (String) -> String?
) throws -> String {
  let archive = try openArchive(path: source)
  let pairs = archive.tensors.compactMap { info -> (TensorInfo, TensorInfo)? in
    guard let new = renaming(info.name) else { return nil }
    return TensorInfo(name: new, elementType: info.elementType, shape: info.shape).map { (info, $0) }
  }
  let writer = try SafetensorsWriter(path: folder.file(name), tensors: pairs.map(\.1))
  for (old, new) in pairs {
    var bytes = [UInt8](repeating: 0, count: old.byteCount)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try archive.read(old, into: &raw)
    unsafe try writer.write(bytes.span.bytes, of: new.name)
  }
  try writer.finish()
  return folder.file(name)
}
