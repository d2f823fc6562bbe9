// The settings of one encoding.

/// What the levels of a matrix are chosen with.
struct TrellisSettings {
  /// The step of each element.
  var grid: StepGrid
  /// The contexts of the levels.
  var contexts: Contexts
  /// The cost of levels, in squared steps, as ``LevelSearch`` takes it; `nil` where only the error counts.
  var costs: [Float]?
}
