// At which settings of early rejection a model is evaluated, and who chose them.

/// The settings of early rejection that a model is run with; each is a number of classes, or `nil` for all.
package struct TopKSettings: Hashable, Sendable {
  /// Who chose settings.
  package enum Origin: String, Hashable, Sendable, Codable {
    /// The user.
    case given
    /// The model: its own default.
    case ownDefault = "default"
    /// The first model, which others are compared with.
    case reference
  }

  /// What a model is asked for.
  package enum Request: Hashable, Sendable {
    /// The model's own default.
    case ownDefault
    /// These settings.
    case given([Int?])
    /// The settings of the first model; a model without heads for early rejection keeps all classes.
    case reference([Int?])
  }

  /// The settings, in the order of results.
  package var topKs: [Int?]
  /// Who chose them; `nil` where that is not known.
  package var origin: Origin?
  /// The model's own default; `nil` where it keeps all classes.
  package var defaultTopK: Int?

  /// Collects settings.
  package init(_ topKs: [Int?], origin: Origin? = nil, defaultTopK: Int? = nil) {
    (self.topKs, self.origin, self.defaultTopK) = (topKs, origin, defaultTopK)
  }
}
