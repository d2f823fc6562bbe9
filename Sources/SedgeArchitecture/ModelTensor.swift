// One tensor of a model in the layout that is stored and run.

/// Name, role, layout and shape of a tensor of a model.
public struct ModelTensor: Hashable, Sendable {
  /// The checkpoint's name without its prefix, such as `clip_model.visual.trunk.stem.0.weight`.
  public var name: String
  /// The purpose of the tensor.
  public var role: TensorRole
  /// The order of the dimensions.
  public var layout: TensorLayout
  /// The dimensions, in the order of ``layout``.
  public var shape: [Int]

  /// Describes a tensor.
  public init(name: String, role: TensorRole, layout: TensorLayout, shape: [Int]) {
    self.name = name
    self.role = role
    self.layout = layout
    self.shape = shape
  }

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}
