// The values of hyperparameters, and the grounds for their defaults.

extension Architecture {
  /// The value of a hyperparameter; `nil` for what the model does not have.
  package func value(of hyperparameter: Hyperparameter, _ preprocessing: Preprocessing) -> [Float]? {
    switch hyperparameter {
    case .heads: segmenter.map { [Float($0.heads)] }
    case .textHeads: [Float(text.heads)]
    case .imageHeads: image.transformer.map { [Float($0.heads)] }
    case .quickGELU: image.kind == .transformer ? [usesQuickGELU ? 1 : 0] : nil
    case .pooling: segmenter.map { [Float($0.pooling)] }
    case .classLength: aggregation.map { [Float($0.classLength)] }
    case .slidingWindow: preprocessing.window.map { [Float($0)] }
    case .normEpsilon: [image.normEpsilon]
    case .resolution: [Float(preprocessing.resolution)]
    case .pixelMean: preprocessing.pixelMean
    case .pixelStandardDeviation: preprocessing.pixelStandardDeviation
    }
  }

  /// The ground for a default: a published model of these dimensions, or a rule.
  package func defaultOrigin(of hyperparameter: Hyperparameter) -> HyperparameterOrigin {
    switch hyperparameter {
    case .heads:
      publishedByShapes.map { .derived(from: $0.name) }
        ?? .assumed(rule: kind == .catSeg ? "as in CAT-Seg-B and CAT-Seg-L" : "as in SED-B and SED-L")
    case .classLength, .slidingWindow:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in CAT-Seg-B and CAT-Seg-L")
    case .imageHeads:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "image width / 64")
    case .quickGELU:
      kind == .catSeg
        ? .derived(from: "CAT-Seg")
        : .assumed(rule: "GELU, as in OpenCLIP's weights; OpenAI's have QuickGELU")
    case .pooling:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in the published evaluation")
    case .textHeads:
      (publishedByShapes ?? published { withHyperparameters(of: $0).text == $0.text }).map {
        .derived(from: $0.name)
      }
        ?? .assumed(rule: "text width / 64")
    case .normEpsilon:
      (publishedByShapes
        ?? trunk.flatMap { trunk in
          published { $0.image.convNeXt?.depths == trunk.depths && $0.image.convNeXt?.widths == trunk.widths }
        })
        .map { .derived(from: $0.name) }
        ?? .assumed(rule: trunk == nil ? "as in CLIP's vision transformers" : "as in timm's ConvNeXts")
    case .resolution: resolutionOrigin
    case .pixelMean, .pixelStandardDeviation: .derived(from: "CLIP")
    }
  }

  private var trunk: ConvNeXt? { image.convNeXt }

  private var resolutionOrigin: HyperparameterOrigin {
    // The positions are those of the image size that it was trained for, and CAT-Seg's windows those of its grid.
    if let encoder = image.transformer {
      return .derived(
        from: aggregation == nil
          ? "\(encoder.grid) x \(encoder.grid) positions of \(encoder.patch) pixels"
          : "a grid of \(aggregation?.grid ?? 0), the windows' mask")
    }
    guard let published = publishedByShapes else {
      return .assumed(rule: decoder == nil ? "as in most of OpenCLIP's models" : "as in SED-B and SED-L")
    }
    guard let other = published.otherResolution else { return .derived(from: published.name) }
    return .assumed(rule: "published for \(published.resolution) and for \(other)")
  }

  /// The published model whose tensors have the shapes of this one's.
  private var publishedByShapes: PublishedModel? { published { withHyperparameters(of: $0) == $0 } }

  private func published(_ matches: (Architecture) -> Bool) -> PublishedModel? {
    PublishedModel.all.first { matches($0.architecture) }
  }

  /// These dimensions with all that tensor shapes do not determine taken from another model.
  private func withHyperparameters(of other: Architecture) -> Architecture {
    var result = self
    result.image.normEpsilon = other.image.normEpsilon
    result.text.heads = other.text.heads
    result.usesQuickGELU = other.usesQuickGELU
    if let encoder = other.image.transformer { result.image.transformer?.heads = encoder.heads }
    if let aggregation = other.aggregation, var own = result.aggregation {
      (own.heads, own.pooling) = (aggregation.heads, aggregation.pooling)
      own.classLength = aggregation.classLength
      result.aggregation = own
    }
    if let decoder = other.decoder {
      result.decoder?.heads = decoder.heads
      result.decoder?.pooling = decoder.pooling
      result.decoder?.hasRejectionHeads = decoder.hasRejectionHeads
    }
    return result
  }
}
