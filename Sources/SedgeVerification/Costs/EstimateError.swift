// How far estimates of costs are from runs of the model.

/// The error of estimated scores where the model was run, too.
public struct EstimateError: Hashable, Sendable, Codable {
  /// The estimates that were compared.
  public var count: Int
  /// Spearman's correlation of the ranks; `nil` of fewer than three.
  public var rankCorrelation: Double?
  /// The median of the relative errors.
  public var median: Double
  /// The largest of them.
  public var largest: Double

  /// Compares figures that have both; `nil` where none has.
  init?(_ figures: [LayerCost.Figure]) {
    let pairs = figures.compactMap { figure -> (exact: Double, estimate: Double)? in
      guard let exact = figure.exact?.scores, exact > 0, let estimate = figure.estimate?.scores else {
        return nil
      }
      return (exact, estimate)
    }
    let errors = pairs.map { abs($0.estimate - $0.exact) / $0.exact }.sorted()
    guard let largest = errors.last else { return nil }
    (count, median, self.largest) = (pairs.count, errors[errors.count / 2], largest)
    rankCorrelation =
      pairs.count < 3
      ? nil : Self.correlation(Self.ranks(pairs.map(\.exact)), Self.ranks(pairs.map(\.estimate)))
  }

  /// The rank of each value, equal ones sharing the mean of theirs.
  private static func ranks(_ values: [Double]) -> [Double] {
    values.map { value in
      Double(values.count { $0 < value }) + Double(values.count { $0 == value } - 1) / 2
    }
  }

  /// Pearson's correlation of ranks; 0 where one side does not vary.
  private static func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let mean = Double(a.count - 1) / 2
    let products = zip(a, b).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
    let squares = { (values: [Double]) in values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }
    let scale = (squares(a) * squares(b)).squareRoot()
    return scale == 0 ? 0 : products / scale
  }
}
