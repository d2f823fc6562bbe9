// The parts of a model that can be taken or left.

/// A part of SED; the first two are CLIP.
public enum ModelPart: String, CaseIterable, Hashable, Sendable {
  /// The image encoder, without which there is no model.
  case image
  /// The text encoder; without it only stored class lists can be used.
  case text
  /// SED's decoder; without it the model is CLIP alone.
  case decoder
  /// The decoder's heads that early rejection looks at; without them all classes are kept.
  case rejection
}

extension PartName {
  /// Whether a tensor belongs to the heads that early rejection looks at.
  public static func isRejection(_ name: String) -> Bool {
    (0..<3).contains { name.hasPrefix("\(decoder).head\($0).") }
  }
}
