// Modules of one kind that are numbered from 0.

/// The path of a list of modules, such as the blocks of a stage.
package struct ModuleList<Element: ModulePath>: Hashable, Sendable {
  /// The list's name without the prefix of a file, such as `clip_model.visual.trunk.stages`.
  package let name: String

  init(name: String) { self.name = name }

  /// The module with a number.
  package subscript(index: Int) -> Element { Element(name: "\(name).\(index)") }

  /// The number of the module that a tensor belongs to; `nil` for a tensor that belongs to none.
  package func index(ofTensor tensor: String) -> Int? {
    guard tensor.hasPrefix("\(name).") else { return nil }
    return Int(tensor.dropFirst(name.count + 1).prefix { $0 != "." }).flatMap { $0 >= 0 ? $0 : nil }
  }
}
