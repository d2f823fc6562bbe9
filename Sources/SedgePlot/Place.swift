// Points in a figure.

/// A place in the picture.
struct Place: Hashable {
  var x: Double
  var y: Double
}
