// The parts that wrappers of PyTorch's modules add to names.

extension String {
  /// The name without the parts that wrappers add, wherever they stand: `torch.compile`, data and fully sharded
  /// parallelism, activation checkpointing, Opacus, PEFT.
  var withoutWrappers: String {
    guard Self.wrapperMarks.occurs(in: self) else { return self }
    var parts: [Substring] = []
    for part in nameParts {
      if part == "model", parts.last == "base_model" {
        parts.removeLast()
      } else if !Self.wrappers.contains(part) {
        parts.append(part)
      }
    }
    return parts.joined(separator: ".")
  }

  /// The parts between the dots of a name, empty ones too.
  var nameParts: [Substring] {
    utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Substring($0) }
  }

  private static let wrapperMarks = PieceSearch(["module", "_orig_mod", "base_model.model."])

  private static let wrappers: Set<Substring> = [
    "_orig_mod", "module", "_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
  ]
}
