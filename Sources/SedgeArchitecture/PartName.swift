// Names of the parts, as SED's program has them.

/// Names of the parts, as SED's program has them.
public enum PartName {
  /// CLIP's image encoder.
  public static let image = "clip_model.visual"
  /// The filters that the image meets first.
  public static let stemWeight = "\(image).trunk.stem.0.weight"
  /// CLIP's text encoder, whose parts are spread over CLIP itself.
  public static let clip = "clip_model"
  /// The decoder.
  public static let decoder = "transformer"
  /// The logarithm of what CLIP multiplies cosines with.
  public static let logitScale = "\(clip).logit_scale"

  /// Whether a tensor belongs to the text encoder.
  public static func isText(_ name: String) -> Bool {
    name.hasPrefix("\(clip).") && !name.hasPrefix("\(image).") && name != logitScale
  }

  /// Whether a tensor belongs to the heads that early rejection looks at.
  public static func isRejection(_ name: String) -> Bool {
    (0..<3).contains { name.hasPrefix("\(decoder).head\($0).") }
  }
}
