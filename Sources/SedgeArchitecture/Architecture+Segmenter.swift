// The model kinds, and what each of them adds to CLIP.

/// The kinds of models.
package enum ModelKind: String, CaseIterable, Hashable, Sendable {
  /// CLIP, which classifies images.
  case clip = "CLIP"
  /// SED.
  case sed = "SED"
  /// CAT-Seg.
  case catSeg = "CAT-Seg"
}

extension Architecture {
  /// What turns CLIP's features into scores of pixels.
  package enum Segmenter: Hashable, Sendable {
    /// SED's gradual fusion decoder.
    case fusion(Decoder)
    /// CAT-Seg's cost aggregation, with its decoder.
    case aggregation(CostAggregation)

    /// Prompt templates: the text features of each class.
    package var promptCount: Int {
      switch self {
      case .fusion(let decoder): decoder.promptCount
      case .aggregation(let aggregation): aggregation.promptCount
      }
    }

    /// Heads of the attention over classes.
    package var heads: Int {
      switch self {
      case .fusion(let decoder): decoder.heads
      case .aggregation(let aggregation): aggregation.heads
      }
    }

    /// The size of the average pooling before class attention: 1 in the published evaluations, 2 in training.
    package var pooling: Int {
      switch self {
      case .fusion(let decoder): decoder.pooling
      case .aggregation(let aggregation): aggregation.pooling
      }
    }
  }

  /// The kind of model.
  package var kind: ModelKind {
    switch segmenter {
    case .fusion: .sed
    case .aggregation: .catSeg
    case nil: .clip
    }
  }

  /// SED's decoder; `nil` for another model.
  package var decoder: Decoder? {
    get { if case .fusion(let decoder) = segmenter { decoder } else { nil } }
    // Optional chaining writes `nil` back where there is another segmenter.
    set { if newValue != nil || decoder != nil { segmenter = newValue.map(Segmenter.fusion) } }
  }

  /// CAT-Seg's cost aggregation; `nil` for another model.
  package var aggregation: CostAggregation? {
    get { if case .aggregation(let aggregation) = segmenter { aggregation } else { nil } }
    set { if newValue != nil || aggregation != nil { segmenter = newValue.map(Segmenter.aggregation) } }
  }

  /// Whether the model has heads for early rejection.
  package var hasRejectionHeads: Bool { decoder?.hasRejectionHeads == true }
}
