// The parts that wrappers of PyTorch's modules add to names.

extension String {
  /// The name without the parts that wrappers add, wherever they stand: `torch.compile`, data and fully sharded
  /// parallelism, activation checkpointing, Opacus, PEFT.
  var withoutWrappers: String {
    guard contains("module") || contains("_orig_mod") || contains("base_model.model.") else { return self }
    var parts: [Substring] = []
    for part in split(separator: ".", omittingEmptySubsequences: false) {
      if part == "model", parts.last == "base_model" {
        parts.removeLast()
      } else if !Self.wrappers.contains(part) {
        parts.append(part)
      }
    }
    return parts.joined(separator: ".")
  }

  private static let wrappers: Set<Substring> = [
    "_orig_mod", "module", "_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
  ]
}
