// What the paths of all modules have in common.

/// The path of one module from the root of a model.
package protocol ModulePath: Hashable, Sendable {
  /// The module's name without the prefix of a file, such as `clip_model.visual.trunk.stages.0`.
  var name: String { get }

  /// Names a module, and with it its submodules and parameters.
  init(name: String)
}
