// One tensor of a model in the layout that is stored and run.

/// Name, role, layout and shape of a tensor of a model.
package struct ModelTensor: Hashable, Sendable {
  /// The checkpoint's name without its prefix, such as `clip_model.visual.trunk.stem.0.weight`.
  package var name: String
  /// The purpose of the tensor.
  package var role: TensorRole
  /// The order of the dimensions.
  package var layout: TensorLayout
  /// The dimensions, in the order of ``layout``.
  package var shape: [Int]

  /// Describes a tensor.
  package init(name: String, role: TensorRole, layout: TensorLayout, shape: [Int]) {
    self.name = name
    self.role = role
    self.layout = layout
    self.shape = shape
  }

  /// The number of elements.
  package var elementCount: Int { shape.reduce(1, *) }
}
