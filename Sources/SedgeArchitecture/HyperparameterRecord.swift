// A hyperparameter in the header of a `.sedge` file.

/// A hyperparameter as a `.sedge` file records it; its value is among the dimensions and the preprocessing.
package struct HyperparameterRecord: Hashable, Sendable {
  /// The hyperparameter's name, such as `text-heads`; a file of a newer Sedge may have others.
  package var name: String
  /// The origin of its value.
  package var origin: HyperparameterOrigin

  /// Collects the fields.
  package init(name: String, origin: HyperparameterOrigin) {
    self.name = name
    self.origin = origin
  }

  /// The hyperparameter; `nil` for one that this version does not know.
  package var hyperparameter: Hyperparameter? { Hyperparameter(rawValue: name) }
}
