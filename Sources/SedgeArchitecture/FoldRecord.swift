// The outcome of one possible fold, with its proof.

/// One part of the graph that was folded into others, or the reason why it was not.
package struct FoldRecord: Hashable, Sendable {
  /// The kinds of folding.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    /// A LayerNorm's scale and shift are absorbed by the layers that read it.
    case norm
    /// A layer scale is absorbed by the layer before it.
    case layerScale
    /// Pixel mean and standard deviation are absorbed by the stem.
    case pixelStatistics
    /// The factor 1/sqrt(head width) is absorbed by the layer that makes the queries.
    case attentionScale
    /// Class attention without pooling is computed without operations that change nothing.
    case classBlock
    /// Text features are stored with unit length and not normalized again.
    case textFeatures
  }

  /// The difference that a fold makes to the output of the layers that absorb it, on a probe input, in float32.
  package struct Certificate: Hashable, Sendable {
    /// The largest absolute difference of an output before and after.
    package var largestDifference: Float
    /// The largest absolute output before.
    package var largestMagnitude: Float
    /// The largest difference that float32 rounding explains; a fold beyond it is not applied.
    package var tolerance: Float

    /// Records a probe's outcome.
    package init(largestDifference: Float, largestMagnitude: Float, tolerance: Float) {
      self.largestDifference = largestDifference
      self.largestMagnitude = largestMagnitude
      self.tolerance = tolerance
    }

    /// The largest difference as a share of the tolerance; 0 for no difference, even where all outputs are zero.
    package var shareOfTolerance: Double {
      largestDifference == 0 ? 0 : Double(largestDifference / tolerance)
    }

    /// Whether the fold computes the same except for rounding; with an infinite tolerance it does not hold.
    package var holds: Bool { largestDifference <= tolerance && tolerance.isFinite }
  }

  /// The kind of folding.
  package var kind: Kind
  /// The module that is absorbed, such as `clip_model.visual.trunk.stages.0.blocks.0.norm`.
  package var source: String
  /// The layers that absorb it.
  package var targets: [String]
  /// Why the fold was not applied; `nil` where it was.
  package var obstacle: String?
  /// The proof; `nil` where no fold was tried.
  package var certificate: Certificate?

  /// Records a fold.
  package init(kind: Kind, source: String, targets: [String], obstacle: String?, certificate: Certificate?) {
    self.kind = kind
    self.source = source
    self.targets = targets
    self.obstacle = obstacle
    self.certificate = certificate
  }
}

extension FoldRecord {
  /// The tensors that this fold removed; empty where it was not applied.
  package var absorbedTensors: [String] {
    guard obstacle == nil else { return [] }
    switch kind {
    case .norm:
      let norm = NormPath(name: source)
      return [norm.scale.name, norm.shift.name]
    case .layerScale: return [source]
    case .pixelStatistics, .attentionScale, .classBlock, .textFeatures: return []
    }
  }
}
