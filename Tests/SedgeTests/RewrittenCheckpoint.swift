// Copies of checkpoints with something changed.

import Sedge
import SedgeSafetensors
import SedgeTensor
import TestSupport

/// A checkpoint in memory, to be written as safetensors.
struct RewrittenCheckpoint {
  /// The tensors by their whole names, in the order of the file.
  var tensors: [(name: String, values: Tensor)]

  /// Reads a fixture.
  init(_ name: String) throws {
    let archive = try openArchive(path: fixture(name))
    tensors = try archive.tensors.map { ($0.name, try archive.floats($0)) }
  }

  /// Changes the tensor whose name ends so; there must be one.
  mutating func edit(_ ending: String, _ change: (inout Tensor) -> Void) {
    guard let index = tensors.firstIndex(where: { $0.name.hasSuffix(ending) }) else {
      preconditionFailure("no tensor's name ends with \(ending)")
    }
    change(&tensors[index].values)
  }

  /// Writes the file, rounded to nearest in `type`: float32, or one of 16 bits.
  func write(to path: String, as type: ElementType = .float32) throws {
    let infos = tensors.compactMap { TensorInfo(name: $0.name, elementType: type, shape: $0.values.shape) }
    let writer = try SafetensorsWriter(path: path, tensors: infos)
    for (name, tensor) in tensors {
      let bytes = tensor.values.flatMap { Self.bytes($0, type) }
      unsafe try writer.write(bytes.span.bytes, of: name)
    }
    try writer.finish()
  }

  private static func bytes(_ value: Float, _ type: ElementType) -> [UInt8] {
    let bits = value.bitPattern
    switch type {
    case .float16: return littleEndian(UInt32(Float16(value).bitPattern), 2)
    case .bfloat16: return littleEndian((bits + 0x7FFF + (bits >> 16 & 1)) >> 16, 2)
    default: return littleEndian(bits, 4)
    }
  }

  private static func littleEndian(_ bits: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }
}
