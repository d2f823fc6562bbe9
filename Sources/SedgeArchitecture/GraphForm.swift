// Which parts of the graph differ from the original after folding, beyond what missing tensors tell.

/// The parts of the forward pass that folding simplified.
///
/// Norms and layer scales need no mark: where they were folded, their tensors are gone.
public struct GraphForm: Hashable, Sendable {
  /// Pixel mean and standard deviation live in the stem convolution; the encoder takes 0...255.
  public var pixelStatisticsFolded: Bool
  /// The query rows of the text encoder's `in_proj` carry the factor 1/sqrt(head width).
  public var attentionScaleFolded: Bool
  /// Class attention runs without pooling and computes 2x + attention + MLP, without dividing by the class count.
  public var classBlockSimplified: Bool

  /// Marks the parts.
  public init(pixelStatisticsFolded: Bool, attentionScaleFolded: Bool, classBlockSimplified: Bool) {
    self.pixelStatisticsFolded = pixelStatisticsFolded
    self.attentionScaleFolded = attentionScaleFolded
    self.classBlockSimplified = classBlockSimplified
  }

  /// The graph as the checkpoint has it.
  public static let original = GraphForm(
    pixelStatisticsFolded: false, attentionScaleFolded: false, classBlockSimplified: false)
}
