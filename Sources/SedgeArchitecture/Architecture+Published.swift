// The published models: their names and image sizes by the dimensions.

extension Architecture {
  /// The name of the published model of these dimensions; otherwise `SED` or `CLIP ConvNeXt` with depths and widths.
  package var name: String {
    if let published { return published.name }
    let numbers = { (values: [Int]) in values.map(String.init).joined(separator: ",") }
    return "\(decoder == nil ? "CLIP ConvNeXt" : "SED") (depths \(numbers(image.depths)), widths "
      + "\(numbers(image.widths)))"
  }

  /// The image size of the published model of these dimensions; otherwise 768 for SED and 256 for CLIP.
  package var defaultResolution: Int {
    published?.resolution ?? (decoder == nil ? 256 : 768)
  }

  /// The published model of these dimensions; an export may have lost its rejection heads.
  private var published: PublishedModel? {
    var whole = self
    whole.decoder?.hasRejectionHeads = true
    return PublishedModel.all.first { $0.architecture == whole }
  }
}
