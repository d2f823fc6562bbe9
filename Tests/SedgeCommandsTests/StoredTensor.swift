// Variants of a checkpoint, each with something changed.

import Sedge
import SedgeSafetensors
import SedgeTensor

/// One tensor of a checkpoint in memory.
struct StoredTensor {
  var name: String
  var type: ElementType
  var shape: [Int]
  var bytes: [UInt8]

  /// Writes one element of a float32 tensor.
  mutating func set(_ value: Float, at index: Int) {
    for byte in 0..<4 {
      bytes[4 * index + byte] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * byte))
    }
  }

  /// All tensors of a file.
  static func all(in path: String) throws -> [StoredTensor] {
    let archive = try openArchive(path: path)
    return try archive.tensors.map { info in
      var bytes = [UInt8](repeating: 0, count: info.byteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      try archive.read(info, into: &raw)
      return StoredTensor(name: info.name, type: info.elementType, shape: info.shape, bytes: bytes)
    }
  }

  /// Writes tensors as a safetensors file.
  static func write(_ tensors: [StoredTensor], to path: String) throws {
    let infos = tensors.compactMap { TensorInfo(name: $0.name, elementType: $0.type, shape: $0.shape) }
    let writer = try SafetensorsWriter(path: path, tensors: infos)
    for tensor in tensors { unsafe try writer.write(tensor.bytes.span.bytes, of: tensor.name) }
    try writer.finish()
  }
}

extension [StoredTensor] {
  /// Changes the tensor whose name ends so; there must be one.
  mutating func edit(_ ending: String, _ change: (inout StoredTensor) -> Void) {
    guard let index = firstIndex(where: { $0.name.hasSuffix(ending) }) else {
      preconditionFailure("no tensor's name ends with \(ending)")
    }
    change(&self[index])
  }
}
