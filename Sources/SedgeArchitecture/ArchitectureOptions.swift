// What a checkpoint's shapes do not determine.

/// Hyperparameters that leave no trace in a checkpoint's shapes; `nil` stands for the default.
public struct ArchitectureOptions: Hashable, Sendable {
  /// Heads of the decoder's attention over classes; 4 by default, as in the published models.
  public var heads: Int?
  /// Heads of the text encoder; by default one for every 64 channels, as in all of CLIP.
  public var textHeads: Int?
  /// Pooling before class attention; 1 by default, as in the published evaluation.
  public var pooling: Int?

  /// Collects the options.
  public init(heads: Int? = nil, textHeads: Int? = nil, pooling: Int? = nil) {
    self.heads = heads
    self.textHeads = textHeads
    self.pooling = pooling
  }
}
