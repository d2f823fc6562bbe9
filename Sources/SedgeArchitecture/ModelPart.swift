// The parts of a model that can be converted or omitted.

/// A part of SED; the first two are those of CLIP.
public enum ModelPart: String, CaseIterable, Hashable, Sendable {
  /// The image encoder, which every model has.
  case image
  /// The text encoder; a model without it knows only its stored class lists.
  case text
  /// SED's decoder; a model without it is CLIP.
  case decoder
  /// The decoder's heads for early rejection; a model without them keeps all classes.
  case rejection
}
