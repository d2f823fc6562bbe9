// Objects of a file that are not read.

/// Something in a model file that an archive lists and does not read.
public struct SkippedObject: Hashable, Sendable {
  /// Its name in the file, or the one that it would have as a tensor.
  public var name: String
  /// The kind of object and, if known, what to do, such as `strings` or `a soft link`.
  public var reason: String
  /// Whether it is a tensor, of a type or in a form that is not read; a model that needs it does not fit.
  public var isTensor: Bool

  /// Describes an object.
  public init(name: String, reason: String, isTensor: Bool = false) {
    self.name = name
    self.reason = reason
    self.isTensor = isTensor
  }
}
