// Weights under PyTorch's names.

public import CSedge
import Sedge
import SedgeExport
import SedgeTensor

/// `sedge_weights`.
final class WeightsHandle: Handle {
  let weights: ExportedWeights
  let names: [FixedText]

  init(path: String, names: ExportNames?) throws {
    try MemoryDemand.ask(MemoryDemand.base, for: "the header of \(path)")
    weights = try ModelExport(model: path).weights(names: names)
    self.names = weights.tensors.map { FixedText($0.name) }
  }

  /// The tensor of an index.
  func tensor(_ index: Int) throws(CallError) -> TensorInfo {
    guard weights.tensors.indices.contains(index) else {
      throw .argument("index is \(index): there are \(weights.tensors.count) tensors")
    }
    return weights.tensors[index]
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_weights_open(
  _ path: UnsafePointer<CChar>?, _ names: UnsafePointer<CChar>?,
  _ weights: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(weights, "weights") {
    let requested = try names.map { try text($0, "names") }
    let names = requested.map(ExportNames.init)
    if let requested, names == .some(nil) {
      throw CallError.argument("names is \(requested): expected sed or openclip")
    }
    return try WeightsHandle(path: text(path, "path"), names: names ?? nil)
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_weights_close(_ weights: OpaquePointer?) { Handle.release(weights) }

/// As `sedge.h` says.
@c @implementation
public func sedge_weights_count(_ weights: OpaquePointer?) -> Int {
  (try? WeightsHandle.object(weights, "weights").names.count) ?? 0
}

/// As `sedge.h` says.
@c @implementation
public func sedge_weights_describe(
  _ weights: OpaquePointer?, _ index: Int, _ tensor: UnsafeMutablePointer<sedge_tensor>?
) -> sedge_status {
  call {
    let weights = try WeightsHandle.object(weights, "weights")
    let result = try required(tensor, "tensor")
    let shape = try weights.tensor(index).shape
    let sizes = shape + [Int](repeating: 0, count: 4 - shape.count)
    result.pointee = sedge_tensor(
      name: weights.names[index].pointer, dimension_count: shape.count,
      dimensions: (sizes[0], sizes[1], sizes[2], sizes[3]))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_weights_read(
  _ weights: OpaquePointer?, _ index: Int, _ values: UnsafeMutablePointer<Float>?, _ count: Int
) -> sedge_status {
  call {
    let weights = try WeightsHandle.object(weights, "weights")
    let values = try required(values, "values")
    let tensor = try weights.tensor(index)
    guard count == tensor.elementCount else {
      throw CallError.argument("count is \(count): \(tensor.name) has \(tensor.elementCount) values")
    }
    try MemoryDemand.ask(
      MemoryDemand.ofTensor(elementCount: tensor.elementCount), for: "the values of \(tensor.name)")
    var bytes = MutableRawSpan(
      _unsafeStart: UnsafeMutableRawPointer(values), byteCount: count * MemoryLayout<Float>.size)
    try weights.weights.read(index, into: &bytes)
  }
}
