// What a model of given dimensions is called, and the images it is made for.

extension Architecture {
  /// The published model's name where the dimensions are those of one, else `SED` or `CLIP ConvNeXt` with its own.
  public var name: String {
    if let published { return published.name }
    let numbers = { (values: [Int]) in values.map(String.init).joined(separator: ",") }
    return "\(decoder == nil ? "CLIP ConvNeXt" : "SED") (depths \(numbers(image.depths)), widths "
      + "\(numbers(image.widths)))"
  }

  /// The side of the pictures that a model of these dimensions is published for; 768 for SED and 256 for CLIP else.
  public var defaultResolution: Int {
    published?.resolution ?? (decoder == nil ? 256 : 768)
  }

  /// The published model of these dimensions; an export may have lost its rejection heads.
  private var published: PublishedModel? {
    var whole = self
    whole.decoder?.hasRejectionHeads = true
    return PublishedModel.all.first { $0.architecture == whole }
  }
}
