// Line segments.

/// A straight line from one place to another.
struct Segment: Hashable {
  var from: Place
  var to: Place
}
