// The name of one parameter, made by the module that has it.

/// The path of one parameter from the root of a model.
///
/// Only ``ModelPath`` and the modules in it make paths, so that every name is spelled once.
package struct ParameterPath: Hashable, Sendable {
  /// The parameter's name without the prefix of a file, such as `clip_model.visual.trunk.stem.0.weight`.
  package let name: String

  /// Names a parameter.
  init(_ name: String) { self.name = name }
}
