// The file of a suggested plan, and the way from it to a better file.

/// A plan that was asked for.
struct PlanRequest {
  /// The file of the plan.
  var path: String
  /// Bytes of the model as it is.
  var fileByteCount: Int
  /// The conversion by the plan.
  var command: PlannedConversion
}
