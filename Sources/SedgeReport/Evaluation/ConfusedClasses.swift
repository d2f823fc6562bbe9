// The classes that a model confuses.

/// A matrix of confusion, as far as a result has a whole one.
struct ConfusedClasses {
  /// Pixels of one class with the label of another.
  struct Pair {
    var truth: String
    var predicted: String
    var pixels: Double
    /// Of the pixels of the true class.
    var share: Double
  }

  let classes: [String]
  /// Rows are predicted classes, columns true ones; the last of each is no class.
  private let rows: [[Double]]
  /// Pixels of each true class.
  private let totals: [Double]

  init(_ model: JSONValue, classes: [String]) {
    self.classes = classes
    let rows = model["confusion"].elements.map(\.numbers)
    let isWhole = rows.count > classes.count && rows.allSatisfy { $0.count > classes.count }
    self.rows = isWhole ? rows : []
    totals = isWhole ? classes.indices.map { truth in rows.reduce(0) { $0 + $1[truth] } } : []
  }

  var isEmpty: Bool { rows.isEmpty }

  /// The share of a true class's pixels that have a label.
  func share(predicted: Int, truth: Int) -> Double {
    totals[truth] > 0 ? rows[predicted][truth] / totals[truth] : 0
  }

  /// Pairs with the most pixels, which come first.
  func worst(_ count: Int) -> [Pair] {
    guard !isEmpty else { return [] }
    var pairs: [Pair] = []
    for truth in classes.indices where totals[truth] > 0 {
      for predicted in classes.indices where predicted != truth && rows[predicted][truth] > 0 {
        pairs.append(
          Pair(
            truth: classes[truth], predicted: classes[predicted], pixels: rows[predicted][truth],
            share: rows[predicted][truth] / totals[truth]))
      }
    }
    return Array(
      pairs.enumerated().sorted { ($0.element.pixels, $1.offset) > ($1.element.pixels, $0.offset) }
        .prefix(count).map(\.element))
  }
}
