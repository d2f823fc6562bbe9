// One tensor of a checkpoint, and how it becomes one of the model.

/// A tensor that the architecture requires, in the checkpoint's shape and in the model's.
public struct CheckpointTensor: Hashable, Sendable {
  /// The name, less the checkpoint's prefix; the model's tensor has the same.
  public var name: String
  /// The purpose of the tensor.
  public var role: TensorRole
  /// The shape in the checkpoint, PyTorch's order of dimensions.
  public var shape: [Int]
  /// The order of dimensions in the model.
  public var layout: TensorLayout
  /// Model dimension `i` is checkpoint dimension `axes[i]`; a dimension of 1 may be left out.
  public var axes: [Int]
  /// The layer that has this tensor as its weight; `nil` for every other tensor.
  package var layer: LayerPath?

  /// Whether a checkpoint without it is complete: CLIP's logit scale, which SED does not use and exporters omit.
  public var isOptional: Bool { role == .scalar }

  /// The tensor in the model's layout.
  public var modelTensor: ModelTensor {
    ModelTensor(name: name, role: role, layout: layout, shape: axes.map { shape[$0] })
  }
}
