// The parts of the forward pass that folding changed.

/// Which parts of the forward pass are folded.
///
/// Norms and layer scales have no flag here: a folded one has no tensors in the model.
package struct FoldState: Hashable, Sendable {
  /// Whether the stem convolution contains pixel mean and standard deviation; the encoder then takes pixels of 0...255.
  package var pixelStatisticsFolded: Bool
  /// Whether the layers that make queries for softmax attention contain the factor 1/sqrt(head width).
  package var attentionScaleFolded: Bool
  /// Whether class attention computes 2x + attention + MLP, without pooling and without dividing by the class count.
  package var classBlockSimplified: Bool

  /// Collects the flags.
  package init(pixelStatisticsFolded: Bool, attentionScaleFolded: Bool, classBlockSimplified: Bool) {
    self.pixelStatisticsFolded = pixelStatisticsFolded
    self.attentionScaleFolded = attentionScaleFolded
    self.classBlockSimplified = classBlockSimplified
  }

  /// The forward pass of the checkpoint, nothing folded.
  package static let original = FoldState(
    pixelStatisticsFolded: false, attentionScaleFolded: false, classBlockSimplified: false)
}
