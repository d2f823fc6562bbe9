// Rectangles.

/// An upright rectangle.
struct Box: Hashable {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double

  func overlaps(_ other: Box) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }

  func contains(_ other: Box) -> Bool {
    left <= other.left && top <= other.top && other.right <= right && other.bottom <= bottom
  }

  /// Whether a straight line passes through (Liang and Barsky's clipping).
  func meets(_ line: Segment) -> Bool {
    let (dx, dy) = (line.to.x - line.from.x, line.to.y - line.from.y)
    var (enter, leave) = (0.0, 1.0)
    for (direction, distance) in [
      (-dx, line.from.x - left), (dx, right - line.from.x), (-dy, line.from.y - top),
      (dy, bottom - line.from.y),
    ] {
      if direction == 0 {
        if distance < 0 { return false }
      } else if direction < 0 {
        enter = max(enter, distance / direction)
      } else {
        leave = min(leave, distance / direction)
      }
    }
    return enter <= leave
  }
}
