// What became of one possible fold, with its proof.

/// One part of the graph that was folded into another, or was left, and why.
public struct FoldRecord: Hashable, Sendable {
  /// The kinds of folding.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// A LayerNorm's scale and shift go into the layers that read it.
    case norm
    /// A layer scale goes into the layer before it.
    case layerScale
    /// Pixel mean and standard deviation go into the stem.
    case pixelStatistics
    /// 1/sqrt(head width) goes into the queries.
    case attentionScale
    /// Class attention without pooling is written without its identities.
    case classBlock
    /// Text features are stored with unit length and not normalized again.
    case textFeatures
  }

  /// How much a fold moved the output of the layers it touched, on a probe input, in float32.
  public struct Certificate: Hashable, Sendable {
    /// The largest absolute difference of an output before and after.
    public var largestDifference: Float
    /// The largest absolute output before.
    public var largestMagnitude: Float
    /// The largest difference that float32 rounding explains; a fold beyond it is not applied.
    public var tolerance: Float

    /// Records a probe's outcome.
    public init(largestDifference: Float, largestMagnitude: Float, tolerance: Float) {
      self.largestDifference = largestDifference
      self.largestMagnitude = largestMagnitude
      self.tolerance = tolerance
    }

    /// The largest difference as a share of the tolerance; 0 where nothing moved, though no output may have been but zero.
    public var shareOfTolerance: Double {
      largestDifference == 0 ? 0 : Double(largestDifference / tolerance)
    }

    /// Whether the fold computes the same but for rounding; infinities prove nothing.
    public var holds: Bool { largestDifference <= tolerance && tolerance.isFinite }
  }

  /// The kind of folding.
  public var kind: Kind
  /// The module that is absorbed, such as `clip_model.visual.trunk.stages.0.blocks.0.norm`.
  public var source: String
  /// The layers that absorb it.
  public var targets: [String]
  /// Why the fold was not applied; `nil` where it was.
  public var obstacle: String?
  /// The proof; `nil` where no fold was tried.
  public var certificate: Certificate?

  /// Records a fold.
  public init(kind: Kind, source: String, targets: [String], obstacle: String?, certificate: Certificate?) {
    self.kind = kind
    self.source = source
    self.targets = targets
    self.obstacle = obstacle
    self.certificate = certificate
  }
}

extension FoldRecord {
  /// The tensors that are gone because of this fold; empty where it was not applied.
  public var absorbedTensors: [String] {
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
