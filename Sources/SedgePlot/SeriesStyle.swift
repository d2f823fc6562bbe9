// Colours, markers and sizes.

/// How a series is drawn: the same for the same number, with another shape and colour for the next.
struct SeriesStyle {
  /// Shapes of markers, distinguishable without colour.
  enum Shape: CaseIterable { case circle, square, triangle, diamond, invertedTriangle, pentagon }

  /// Colours on white and on black, each pair of one hue; after Okabe and Ito, distinguishable with colour blindness.
  static let colors: [(light: String, dark: String)] = [
    ("#0072b2", "#5fb8ef"), ("#c4510a", "#ff9d5c"), ("#00855f", "#41cfa3"), ("#a13b8b", "#e793cf"),
    ("#8a6a00", "#e3c141"), ("#5b6670", "#aab4bd"),
  ]

  let number: Int

  /// The class of the style sheet.
  var className: String { "s\(number % Self.colors.count)" }
  var shape: Shape {
    let shapes = Shape.allCases
    return shapes[(number + number / Self.colors.count) % shapes.count]
  }

  /// The outline of a marker around a place, as the data of a path.
  func marker(at place: Place, radius: Double) -> String {
    let corners: [(Double, Double)] =
      switch shape {
      case .circle: []
      case .square: [(-0.87, -0.87), (0.87, -0.87), (0.87, 0.87), (-0.87, 0.87)]
      case .triangle: [(0, -1.15), (1.1, 0.8), (-1.1, 0.8)]
      case .diamond: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
      case .invertedTriangle: [(0, 1.15), (1.1, -0.8), (-1.1, -0.8)]
      case .pentagon: [(0, -1.12), (1.07, -0.35), (0.66, 0.91), (-0.66, 0.91), (-1.07, -0.35)]
      }
    guard !corners.isEmpty else {
      let (r, left, right) = (pixels(radius), pixels(place.x - radius), pixels(place.x + radius))
      let y = pixels(place.y)
      return "M\(left) \(y)A\(r) \(r) 0 0 1 \(right) \(y)A\(r) \(r) 0 0 1 \(left) \(y)Z"
    }
    return "M"
      + corners.map { "\(pixels(place.x + $0.0 * radius)) \(pixels(place.y + $0.1 * radius))" }
      .joined(separator: "L") + "Z"
  }
}
