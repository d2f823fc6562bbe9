// The arithmetic of one stage of a forward pass.

/// The multiply-adds of one stage of a forward pass.
public struct OperationCount: Hashable, Sendable {
  /// The stage, under the name that ``StageTimes`` uses.
  public var stage: String
  /// Multiply-adds of the model as it is defined.
  public var defined: Int
  /// Multiply-adds of the accelerated forward pass: fewer where adjacent linear layers are merged, or where all
  /// classes share a result.
  public var done: Int

  init(_ stage: String, _ defined: Int, done: Int? = nil) {
    (self.stage, self.defined, self.done) = (stage, defined, done ?? defined)
  }
}
