// The values of hyperparameters, and the grounds for their defaults.

extension Architecture {
  /// The value of a hyperparameter; `nil` for what the model does not have.
  package func value(of hyperparameter: Hyperparameter, _ preprocessing: Preprocessing) -> [Float]? {
    switch hyperparameter {
    case .heads: decoder.map { [Float($0.heads)] }
    case .textHeads: [Float(text.heads)]
    case .pooling: decoder.map { [Float($0.pooling)] }
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
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in SED-B and SED-L")
    case .pooling:
      publishedByShapes.map { .derived(from: $0.name) } ?? .assumed(rule: "as in the published evaluation")
    case .textHeads:
      (publishedByShapes ?? published { withHyperparameters(of: $0).text == $0.text }).map {
        .derived(from: $0.name)
      }
        ?? .assumed(rule: "text width / 64")
    case .normEpsilon:
      (publishedByShapes
        ?? published { $0.image.depths == image.depths && $0.image.widths == image.widths })
        .map { .derived(from: $0.name) } ?? .assumed(rule: "as in timm's ConvNeXts")
    case .resolution: resolutionOrigin
    case .pixelMean, .pixelStandardDeviation: .derived(from: "CLIP")
    }
  }

  private var resolutionOrigin: HyperparameterOrigin {
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
    if let decoder = other.decoder {
      result.decoder?.heads = decoder.heads
      result.decoder?.pooling = decoder.pooling
      result.decoder?.hasRejectionHeads = decoder.hasRejectionHeads
    }
    return result
  }
}
