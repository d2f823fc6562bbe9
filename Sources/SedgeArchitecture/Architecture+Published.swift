// The published models: their names and image sizes by the dimensions.

extension Architecture {
  /// The name of the published model of these dimensions; otherwise that of the kind with its dimensions.
  package var name: String {
    if let published { return published.name }
    let numbers = { (values: [Int]) in values.map(String.init).joined(separator: ",") }
    switch image {
    case .convNeXt(let encoder):
      return
        "\(segmenter == nil ? "CLIP ConvNeXt" : kind.rawValue) (depths \(numbers(encoder.depths)), widths "
        + "\(numbers(encoder.widths)))"
    case .transformer(let encoder):
      return
        "\(segmenter == nil ? "CLIP ViT" : kind.rawValue) (width \(encoder.width), layers \(encoder.layers), "
        + "patch \(encoder.patch))"
    }
  }

  /// The image size of the published model of these dimensions; otherwise 768 for SED and 256 for CLIP. A vision transformer's is
  /// that of its positions, CAT-Seg's that of its grid.
  package var defaultResolution: Int {
    switch image {
    case .convNeXt: published?.resolution ?? (segmenter == nil ? 256 : 768)
    case .transformer(let encoder): encoder.patch * (aggregation?.grid ?? encoder.grid)
    }
  }

  /// The published model of these dimensions; an export may have lost its rejection heads.
  private var published: PublishedModel? {
    var whole = self
    whole.decoder?.hasRejectionHeads = true
    return PublishedModel.all.first { published in
      var own = whole
      if own.image.kind == .transformer { own.usesQuickGELU = published.architecture.usesQuickGELU }
      return published.architecture == own
    }
  }
}
