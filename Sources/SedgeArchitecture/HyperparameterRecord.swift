// A hyperparameter in the header of a `.sedge` file.

/// A hyperparameter as a `.sedge` file remembers it; its value is among the dimensions and the preprocessing.
public struct HyperparameterRecord: Hashable, Sendable {
  /// The hyperparameter's option, such as `text-heads`; a file of a newer Sedge may have others.
  public var name: String
  /// How its value is known.
  public var origin: HyperparameterOrigin

  /// Collects the fields.
  public init(name: String, origin: HyperparameterOrigin) {
    self.name = name
    self.origin = origin
  }

  /// The hyperparameter, where this Sedge knows it.
  public var hyperparameter: Hyperparameter? { Hyperparameter(rawValue: name) }
}
