// A figure with its uncertainty.

/// A number and the interval of 95 % around it.
struct Estimate {
  var value: Double
  var low: Double?
  var high: Double?

  /// Reads a number and an object with `low` and `high`.
  init?(_ value: Double?, interval: JSONValue) {
    guard let value else { return nil }
    (self.value, low, high) = (value, interval["low"].number, interval["high"].number)
  }

  var interval: ClosedRange<Double>? {
    guard let low, let high, low <= high else { return nil }
    return low...high
  }

  /// Whether the interval excludes 0; false without an interval.
  var isDistinguishable: Bool { interval.map { $0.lowerBound > 0 || $0.upperBound < 0 } ?? false }

  /// The loss that pages take as none, 1 %: a round number, and no property of any model.
  static let acceptedLoss = 0.01

  /// Of a difference: whether the interval excludes a larger loss than ``acceptedLoss``; false without an interval.
  var excludesLoss: Bool { interval.map { $0.lowerBound >= -Self.acceptedLoss } ?? false }

  /// In percent, with a sign for differences.
  func valueText(isSigned: Bool) -> String {
    (isSigned && value > 0 ? "+" : "") + Number.fixed(100 * value, decimals: 2)
  }

  /// The interval in percent, with a decimal more where it is narrow.
  var intervalText: String? {
    interval.map { interval in
      let decimals = interval.upperBound - interval.lowerBound < 0.01 ? 2 : 1
      return "[\(Number.fixed(100 * interval.lowerBound, decimals: decimals)), "
        + "\(Number.fixed(100 * interval.upperBound, decimals: decimals))]"
    }
  }

  /// In percent, such as `68.42 [64.3, 72.6]`.
  var percentText: String {
    [valueText(isSigned: false), intervalText].compactMap(\.self).joined(separator: " ")
  }

  /// The same with a sign, for differences.
  var signedText: String {
    [valueText(isSigned: true), intervalText].compactMap(\.self).joined(separator: " ")
  }

  /// A loss in points of percent, without a sign.
  static func points(_ loss: Double) -> String {
    Number.fixed(100 * abs(loss), decimals: abs(loss) < 0.01 ? 2 : 1)
  }
}

/// Figures with intervals as dots and whiskers, one below another, on a scale that they share.
struct WhiskerChart {
  struct Row {
    var name: String
    var estimate: Estimate
    var isMarked = false
  }

  var rows: [Row]
  /// A value to compare with, such as 0 for differences.
  var reference: Double?
  var isSigned = false

  private var range: (low: Double, high: Double) {
    let values =
      rows.flatMap { [$0.estimate.value, $0.estimate.low, $0.estimate.high].compactMap(\.self) }
      .filter(\.isFinite) + (reference.map { [$0] } ?? [])
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let margin = max((high - low) * 0.06, 1e-6)
    return (low - margin, high + margin)
  }

  func write(to page: inout HTMLWriter) {
    let range = self.range
    let x = { (value: Double) in
      Number.place(min(max((value - range.low) / (range.high - range.low), 0), 1) * 300)
    }
    page.element("ul", ["class": "whiskers"]) { page in
      for row in rows {
        page.element("li") { page in
          page.element("span", ["class": "name"]) { $0.name(row.name) }
          page.element(
            "span", ["class": "value"], text: isSigned ? row.estimate.signedText : row.estimate.percentText)
          page.element(
            "svg",
            [
              "class": "whisker", "viewBox": "0 0 300 14", "preserveAspectRatio": "none",
              "aria-hidden": "true",
            ]
          ) { page in
            page.element("path", ["class": "track", "d": "M0 7H300"])
            if let reference { page.element("path", ["class": "zero", "d": "M\(x(reference)) 0V14"]) }
            if let interval = row.estimate.interval {
              page.element(
                "path",
                [
                  "class": "range",
                  "d": "M\(x(interval.lowerBound)) 7H\(x(interval.upperBound))",
                ])
            }
            if row.estimate.value.isFinite {
              page.element(
                "path", ["class": row.isMarked ? "at marked" : "at", "d": "M\(x(row.estimate.value)) 1V13"])
            }
          }
        }
      }
    }
  }
}
