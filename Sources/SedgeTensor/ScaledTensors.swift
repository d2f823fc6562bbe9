// 8-bit weights that another tensor scales.

extension Collection<TensorInfo> {
  /// Tensors in a few bits that another tensor of this directory scales: their elements alone are not the weights.
  ///
  /// A scale is known by its name: a tensor of the same module, or of a module that begins with the weight's name, that is called
  /// after a scale (`weight_scale_inv`, `scales`, `scale_weight`, `weight_quantizer._amax`, bitsandbytes's `SCB` and `absmax`). What it
  /// scales are 8-bit floats, or 8-bit integers, more than one.
  package var scaledTensors: [SkippedObject] {
    guard contains(where: \.mayBeScaled) else { return [] }
    // Scales by the module that they are in, and by the one around it where theirs has a name of its own.
    var scales: [Substring: [(part: Substring, name: String)]] = [:]
    for name in map(\.name) {
      let (module, own) = name.moduleAndOwn
      guard own.isScale else { continue }
      scales[module, default: []].append(("", name))
      let inner = String(module.dropLast()).moduleAndOwn
      if !inner.own.isEmpty {
        scales[Substring(String(inner.module)), default: []].append((Substring(String(inner.own)), name))
      }
    }
    return compactMap { info in
      guard info.mayBeScaled else { return nil }
      let (module, own) = info.name.moduleAndOwn
      guard !own.isScale,
        let scale = scales[module]?.first(where: { $0.part.isEmpty || $0.part.hasPrefix(own) })?.name
      else { return nil }
      return SkippedObject(
        name: info.name,
        reason:
          "its \(info.elementType.rawValue) elements are scaled by \(scale); save the weights that they stand for, in float16 or wider",
        isTensor: true)
    }
  }
}

extension TensorInfo {
  /// Whether elements are few bits that a scale may belong to.
  fileprivate var mayBeScaled: Bool {
    switch elementType {
    case .float8E4M3, .float8E5M2: true
    case .int8, .uint8: elementCount > 1
    default: false
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
