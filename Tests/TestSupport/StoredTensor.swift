// Checkpoints in memory, to be changed and written.

import SedgeCheckpoint
import SedgeSafetensors
package import SedgeTensor

/// One tensor of a checkpoint in memory.
package struct StoredTensor {
  package var name: String
  package var type: ElementType
  package var shape: [Int]
  /// The elements, row-major and little-endian.
  package var bytes: [UInt8]

  package init(name: String, type: ElementType, shape: [Int], bytes: [UInt8]) {
    (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
  }

  /// A float32 tensor.
  package init(name: String, shape: [Int], values: [Float]) {
    self.init(name: name, type: .float32, shape: shape, bytes: values.flatMap { littleEndian($0) })
  }

  /// The elements of a float32 tensor.
  package var floats: [Float] {
    get {
      precondition(type == .float32)
      return (0..<bytes.count / 4).map { element in
        Float(
          bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * element + $1]) << (8 * $1) })
      }
    }
    set { bytes = newValue.flatMap { littleEndian($0) } }
  }

  /// The shape and the elements of a float32 tensor.
  package var tensor: Tensor {
    get { Tensor(shape: shape, values: floats) }
    set { (shape, floats) = (newValue.shape, newValue.values) }
  }

  /// Writes one element of a float32 tensor.
  package mutating func set(_ value: Float, at index: Int) {
    bytes.replaceSubrange(4 * index..<4 * index + 4, with: littleEndian(value))
  }

  /// The same tensor rounded to nearest even in float16 or bfloat16, or as it is in float32.
  package func rounded(to type: ElementType) -> StoredTensor {
    var result = self
    result.type = type
    result.bytes = floats.flatMap { value in
      let bits = value.bitPattern
      switch type {
      case .float32: return littleEndian(value)
      case .float16: return littleEndian(Float16(value).bitPattern)
      case .bfloat16:
        return littleEndian(UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16))
      default: preconditionFailure("no rounding to \(type)")
      }
    }
    return result
  }

  /// All tensors of a file.
  package static func all(in path: String) throws -> [StoredTensor] {
    let archive = try openArchive(path: path)
    return try archive.tensors.map { info in
      StoredTensor(
        name: info.name, type: info.elementType, shape: info.shape, bytes: try archive.bytes(of: info))
    }
  }

  /// Writes tensors as a safetensors file.
  package static func write(
    _ tensors: [StoredTensor], to path: String, metadata: [String: String] = [:]
  ) throws {
    let infos = tensors.compactMap { TensorInfo(name: $0.name, elementType: $0.type, shape: $0.shape) }
    precondition(infos.count == tensors.count)
    let writer = try SafetensorsWriter(path: path, tensors: infos, metadata: metadata)
    for tensor in tensors { unsafe try writer.write(tensor.bytes.span.bytes, of: tensor.name) }
    try writer.finish()
  }

  /// Writes tensors of a file as safetensors under other names.
  ///
  /// - Parameters:
  ///   - name: The new file's name in the folder.
  ///   - renaming: The new name of a tensor, or `nil` to omit it.
  /// - Returns: The new file's path.
  package static func writeRenamed(
    _ source: String, as name: String, in folder: TemporaryFolder, renaming: (String) -> String?
  ) throws -> String {
    let tensors = try all(in: source).compactMap { tensor in
      renaming(tensor.name).map {
        StoredTensor(name: $0, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
      }
    }
    try write(tensors, to: folder.file(name))
    return folder.file(name)
  }
}

extension [StoredTensor] {
  /// Changes the tensor whose name ends so; there must be one.
  package mutating func edit(_ ending: String, _ change: (inout StoredTensor) -> Void) {
    guard let index = firstIndex(where: { $0.name.hasSuffix(ending) }) else {
      preconditionFailure("no tensor's name ends with \(ending)")
    }
    change(&self[index])
  }
}
