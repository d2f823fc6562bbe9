// Where the value of a hyperparameter comes from.

/// How a hyperparameter's value is known.
public enum HyperparameterOrigin: Hashable, Sendable {
  /// By an option.
  case given
  /// From the checkpoint or a configuration file beside it: where.
  case found(place: String)
  /// From the only published model that has these dimensions: which.
  case derived(from: String)
  /// By a rule that nothing confirms: which.
  case assumed(rule: String)

  /// `given`, `found`, `derived` or `assumed`.
  public var name: String {
    switch self {
    case .given: "given"
    case .found: "found"
    case .derived: "derived"
    case .assumed: "assumed"
    }
  }

  /// The place, the published model or the rule.
  public var detail: String? {
    switch self {
    case .given: nil
    case .found(let text), .derived(let text), .assumed(let text): text
    }
  }

  /// Joins a name with its detail; `nil` for an unknown name.
  public init?(name: String, detail: String) {
    let origins: [HyperparameterOrigin] = [
      .given, .found(place: detail), .derived(from: detail), .assumed(rule: detail),
    ]
    guard let origin = origins.first(where: { $0.name == name }) else { return nil }
    self = origin
  }
}
