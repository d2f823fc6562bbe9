// Names that exporters and tools make up.

/// Whether an exporter, or a tool that went over the graph, made a name up.
func isExportersOwn(_ name: String) -> Bool {
  if isExporters(name) || isFused(name) || name.hasPrefix("_") || name.contains("::") || name.hasPrefix("/") {
    return true
  }
  if name.contains(".") { return false }
  let stem = name.hasSuffix("_weight") ? name.dropLast(7) : name[...]
  let digits = stem.reversed().prefix { $0.isNumber }
  return stem.dropLast(digits.count).last == "_" && !digits.isEmpty || stem.hasPrefix("scalar_tensor_default")
}

/// Whether a name is one that exporters of PyTorch make up: `onnx::MatMul_951`, `951`, `val_4`, or a node's output.
func isExporters(_ name: String) -> Bool {
  let digits = name.reversed().prefix { $0.isNumber }
  let stem = name.dropLast(digits.count)
  guard !digits.isEmpty else { return false }
  return stem.isEmpty || stem == "val_" || (stem.hasPrefix("onnx::") && stem.hasSuffix("_"))
    || (stem.hasPrefix("/") && stem.hasSuffix("_output_"))
}

/// Whether a name is that of a tensor that a tool fused from several.
func isFused(_ name: String) -> Bool { name.hasSuffix("_fused") }
