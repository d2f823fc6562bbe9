// Weights whose elements are not their values.

extension Collection<TensorInfo> {
  /// Tensors in a few bits that another tensor of this directory scales: their elements alone are not the weights.
  ///
  /// A scale is known by its name: a tensor of the same module, or of a module that begins with the weight's name, that is called
  /// after a scale (`weight_scale_inv`, `scales`, `scale_weight`, `weight_quantizer._amax`, bitsandbytes's `SCB` and `absmax`). What it
  /// scales are 8-bit floats or integers, more than one.
  public var scaledTensors: [SkippedObject] {
    let modules = Dictionary(
      map { ($0.name.moduleAndOwn, $0.name) }.filter { $0.0.own.isScale }, by: { String($0.0.module) })
    return compactMap { info in
      guard [.float8E4M3, .float8E5M2, .int8, .uint8].contains(info.elementType), info.elementCount > 1
      else { return nil }
      let (module, own) = info.name.moduleAndOwn
      guard !own.isScale else { return nil }
      let scale =
        modules[String(module)]?.first
        ?? modules.filter { $0.key.hasPrefix(info.name) && $0.key.count > info.name.count }.values.first?
        .first
      guard let scale else { return nil }
      return SkippedObject(
        name: info.name,
        reason:
          "its \(info.elementType.rawValue) elements are scaled by \(scale); save the weights that they stand for, in float16 or wider",
        isTensor: true)
    }
  }
}

extension Dictionary where Key == String, Value == [String] {
  /// Names by what `key` says of them.
  fileprivate init<Element>(_ elements: [(Element, String)], by key: ((Element, String)) -> String) {
    self = Dictionary<String, [(Element, String)]>(grouping: elements, by: key).mapValues {
      $0.map(\.1).sorted()
    }
  }
}

extension String {
  /// The name of a tensor's module, with its dot, and what it is called there.
  fileprivate var moduleAndOwn: (module: Substring, own: Substring) {
    let start = lastIndex(of: ".").map { index(after: $0) } ?? startIndex
    return (self[..<start], self[start...])
  }
}

extension Substring {
  /// Whether a tensor is called after a scale.
  fileprivate var isScale: Bool {
    let name = lowercased()
    return ["scale", "amax", "absmax", "scb"].contains { name.contains($0) }
  }
}
