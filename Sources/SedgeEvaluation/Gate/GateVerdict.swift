// What a gate decided, and why.

/// The decision over all rules.
package struct GateVerdict: Hashable, Sendable {
  /// The decision over one rule.
  package struct Check: Hashable, Sendable {
    /// The rule.
    package var rule: GateRule
    /// The change of the figure, or the share of changed labels.
    package var measured: Double
    /// Its interval of 95 %; `nil` with too few pictures.
    package var interval: Interval?
    /// Whether the interval's worse end decides.
    package var isStrict: Bool

    /// Creates a check.
    package init(rule: GateRule, measured: Double, interval: Interval?, isStrict: Bool) {
      (self.rule, self.measured, self.interval, self.isStrict) = (rule, measured, interval, isStrict)
    }

    /// What is compared with the limit; `nil` where the interval decides and there is none.
    package var deciding: Double? {
      guard isStrict else { return measured }
      return rule.subject == .labels ? interval?.high : interval?.low
    }

    /// Whether the rule is kept; the rounding of a difference of two figures does not decide.
    package var passes: Bool {
      guard let deciding else { return false }
      let excess = rule.subject == .labels ? deciding - rule.allowed : rule.allowed - deciding
      return excess < 1e-12
    }

    /// Whether the change of a figure can be told from none.
    package var isDistinguishable: Bool {
      rule.subject == .labels || interval.map { $0.low > 0 || $0.high < 0 } ?? false
    }
  }

  /// The pictures that both models labelled.
  package var pictureCount: Int
  /// Whether intervals decide.
  package var isStrict: Bool
  /// By rule, in their order.
  package var checks: [Check]

  /// Creates a verdict.
  package init(pictureCount: Int, isStrict: Bool, checks: [Check]) {
    (self.pictureCount, self.isStrict, self.checks) = (pictureCount, isStrict, checks)
  }

  /// Whether every rule is kept.
  package var passes: Bool { checks.allSatisfy(\.passes) }
}
