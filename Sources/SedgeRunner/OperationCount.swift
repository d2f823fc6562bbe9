// The arithmetic of one stage of a forward pass.

/// The multiply-adds of one stage of a forward pass.
package struct OperationCount: Hashable, Sendable {
  /// The stage, under the name that ``StageTimes`` uses.
  package var stage: String
  /// Multiply-adds of the model as it is defined.
  package var defined: Int
  /// Multiply-adds of the accelerated forward pass: fewer where adjacent linear layers are merged, or where all
  /// classes share a result.
  package var done: Int

  init(_ stage: String, _ defined: Int, done: Int? = nil) {
    (self.stage, self.defined, self.done) = (stage, defined, done ?? defined)
  }
}
