// What is to be said of the settings of early rejection that models are compared at.

import SedgeEvaluation

extension EvaluationPlan {
  /// Notes on models that run at another k than their own default, and on differences that are also those of k.
  var topKNotes: [String] { otherDefaults + unequalSettings }

  /// Models that the first one's k was chosen for, by their own default.
  private var otherDefaults: [String] {
    guard let first = models.first else { return [] }
    let moved = models.filter { $0.topKOrigin == .reference }
    let names = moved.map(\.name).unique.filter { name in
      let settings = moved.filter { $0.name == name }
      return !settings.contains { $0.topK == $0.defaultTopK }
    }
    let defaults = names.map { name in moved.first { $0.name == name }?.defaultTopK }
    return defaults.unique.map { own in
      let others = zip(names, defaults).filter { $0.1 == own }.map(\.0)
      let settings = moved.filter { $0.name == others[0] }.map { text($0.topK) }.joined(separator: ", ")
      let isOne = others.count == 1
      return
        "\(others.joined(separator: ", ")) \(isOne ? "is" : "are") evaluated at k \(settings), as \(first.name), "
        + "so that differences are not those of early rejection; \(isOne ? "its" : "their") own default is "
        + (own.map {
          "k \($0): --top-k \($0) evaluates all models at it, --top-k all without early rejection"
        }
          ?? "k all: --top-k all evaluates all models without early rejection")
    }
  }

  /// Models that are compared with another one of another k.
  private var unequalSettings: [String] {
    models.compactMap { model in
      guard let reference = model.reference.map({ models[$0] }), reference.name != model.name,
        reference.topK != model.topK
      else { return nil }
      let cause = model.topKOrigin == .ownDefault ? ", having no heads for early rejection" : ""
      return "the differences of \(model.name) (k \(text(model.topK))\(cause)) from \(reference.name) "
        + "(k \(text(reference.topK))) are also those of early rejection: --top-k all compares without it"
    }
  }

  private func text(_ topK: Int?) -> String { topK.map(String.init) ?? "all" }
}

extension Array where Element: Hashable {
  /// The elements without those that occurred before.
  fileprivate var unique: [Element] {
    var known: Set<Element> = []
    return filter { known.insert($0).inserted }
  }
}
