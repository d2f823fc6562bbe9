// Where the value of a hyperparameter comes from.

/// The origin of a hyperparameter's value.
package enum HyperparameterOrigin: Hashable, Sendable {
  /// Given as an option.
  case given
  /// Found in the checkpoint or in a configuration file next to it.
  case found(place: String)
  /// Derived from the only published model of these dimensions.
  case derived(from: String)
  /// Assumed by a rule that nothing confirms.
  case assumed(rule: String)

  /// `given`, `found`, `derived` or `assumed`.
  package var name: String {
    switch self {
    case .given: "given"
    case .found: "found"
    case .derived: "derived"
    case .assumed: "assumed"
    }
  }

  /// The place, the published model or the rule.
  package var detail: String? {
    switch self {
    case .given: nil
    case .found(let text), .derived(let text), .assumed(let text): text
    }
  }

  /// Joins a name with its detail; `nil` for an unknown name.
  package init?(name: String, detail: String) {
    let origins: [HyperparameterOrigin] = [
      .given, .found(place: detail), .derived(from: detail), .assumed(rule: detail),
    ]
    guard let origin = origins.first(where: { $0.name == name }) else { return nil }
    self = origin
  }
}
