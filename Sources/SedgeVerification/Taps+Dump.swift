// Writing of intermediate results in the golden format, without runs.

package import SedgeRunner
import SedgeSafetensors
package import SedgeTensor

extension Taps {
  /// Writes every result under its name, and the text features; class numbers as int64, labels as int32.
  package func write(to path: String, textFeatures: Tensor, labels: Segmentation?) throws {
    var entries: [(name: String, shape: [Int], bytes: [UInt8])] = []
    for (name, tensor) in [(GoldenFormat.textFeatures, textFeatures)] + tensors
    where name != GoldenFormat.labels {
      entries.append((name, tensor.shape, bytes(of: tensor.values.map(\.bitPattern))))
    }
    if let labels {
      entries.append((GoldenFormat.labels, [labels.height, labels.width], bytes(of: labels.labels)))
    }
    for (name, indices) in classes {
      entries.append((name, [indices.count], bytes(of: indices.map(Int64.init))))
    }
    let infos = entries.compactMap {
      TensorInfo(name: $0.name, elementType: GoldenFormat.elementType(of: $0.name), shape: $0.shape)
    }
    let bytes = Dictionary(entries.map { ($0.name, $0.bytes) }) { first, _ in first }
    let digest = try GoldenFormat.digest(of: infos) { bytes[$0.name] ?? [] }
    let writer = try SafetensorsWriter(path: path, tensors: infos, metadata: [GoldenFormat.digestKey: digest])
    for entry in entries { unsafe try writer.write(entry.bytes.span.bytes, of: entry.name) }
    try writer.finish()
  }
}

/// Integers in little-endian bytes.
private func bytes<Value: FixedWidthInteger>(of values: [Value]) -> [UInt8] {
  let size = Value.bitWidth / 8
  var bytes: [UInt8] = []
  bytes.reserveCapacity(values.count * size)
  for value in values {
    for shift in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
  }
  return bytes
}
