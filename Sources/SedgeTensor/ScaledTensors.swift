// Weights whose elements are not their values.

extension Collection<TensorInfo> {
  /// Tensors in a few bits that another tensor of this directory scales: their elements alone are not the weights.
  ///
  /// A scale is known by its name, `X_scale`, `X_scale_inv`, `X_scales` or `scale_X` beside an `X` of 8-bit floats or integers, and
  /// bitsandbytes's by `X.absmax` and `X.SCB` or `SCB`.
  public var scaledTensors: [SkippedObject] {
    let names = Set(map(\.name))
    return compactMap { info in
      guard [.float8E4M3, .float8E5M2, .int8, .uint8].contains(info.elementType) else { return nil }
      let dot = info.name.lastIndex(of: ".").map { info.name.index(after: $0) } ?? info.name.startIndex
      let (module, own) = (info.name[..<dot], info.name[dot...])
      let candidates =
        ["_scale", "_scale_inv", "_scales", "_scale_2", ".scale", "_absmax", ".absmax", ".SCB"].map {
          info.name + $0
        }
        + [module + "scale_" + own, module + "SCB", module + "scale"]
      guard let scale = candidates.first(where: names.contains) else { return nil }
      return SkippedObject(
        name: info.name,
        reason:
          "its \(info.elementType.rawValue) elements are scaled by \(scale); save the weights that they stand for, in float16 or wider",
        isTensor: true)
    }
  }
}
