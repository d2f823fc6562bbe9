// What a model may lose.

/// A limit of one figure's change, or of the labels that may change.
package struct GateRule: Hashable, Sendable {
  /// What is limited.
  package enum Subject: Hashable, Sendable {
    /// The change of a figure.
    case figure(Figure)
    /// The share of pixels with another label.
    case labels
  }

  /// A fault of a rule's text.
  package enum Fault: Error, Hashable, Sendable {
    /// No `NAME=PERCENT%`.
    case form(String)
    /// A name that is none.
    case name(String)
    /// A limit that is no percentage, or one that is not possible.
    case limit(String)
    /// A second limit of the same.
    case repeated(String)
  }

  /// What is limited.
  package var subject: Subject
  /// The least change of a figure, or the largest share of changed labels.
  package var allowed: Double

  /// Creates a rule.
  package init(_ subject: Subject, allowed: Double) { (self.subject, self.allowed) = (subject, allowed) }

  /// The name in rules: `miou`, `macc`, `fwiou`, `pacc`, `boundary_iou`, `labels`.
  package var name: String {
    switch subject {
    case .figure(let figure): figure.rawValue
    case .labels: "labels"
    }
  }

  /// The names of all subjects.
  package static var names: [String] { Figure.allCases.map(\.rawValue) + ["labels"] }

  /// Reads one rule, such as `miou=-0.5%`: figures may change by so many points of percent, a negative number is a drop;
  /// `labels=1%` is the share of labels that may change.
  package init(_ text: String) throws(Fault) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .form(text) }
    let name = parts[0].filter { $0 != " " }
    if name == "labels" {
      subject = .labels
    } else if let figure = Figure(rawValue: name) {
      subject = .figure(figure)
    } else {
      throw .name(name)
    }
    let limit = parts[1].filter { $0 != " " }
    let range = subject == .labels ? 0...100.0 : -100...100.0
    guard limit.last == "%", let percent = Double(limit.dropLast()), range.contains(percent) else {
      throw .limit(text)
    }
    allowed = percent / 100
  }

  /// Reads rules with commas between them.
  package static func list(_ text: String) throws(Fault) -> [GateRule] {
    var rules: [GateRule] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let rule = try GateRule(String(part))
      guard !rules.contains(where: { $0.subject == rule.subject }) else { throw .repeated(rule.name) }
      rules.append(rule)
    }
    return rules
  }
}
