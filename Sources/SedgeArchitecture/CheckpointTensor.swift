// One tensor of a checkpoint, and how it becomes one of the model.

/// A tensor that the architecture requires, in the checkpoint's shape and in the model's.
package struct CheckpointTensor: Hashable, Sendable {
  /// The name, less the checkpoint's prefix; the model's tensor has the same.
  package var name: String
  /// The purpose of the tensor.
  package var role: TensorRole
  /// The shape in the checkpoint, PyTorch's order of dimensions.
  package var shape: [Int]
  /// The order of dimensions in the model.
  package var layout: TensorLayout
  /// Model dimension `i` is checkpoint dimension `axes[i]`; a dimension of 1 may be left out.
  package var axes: [Int]
  /// The layer that has this tensor as its weight; `nil` for every other tensor.
  package var layer: LayerPath?

  /// Whether a checkpoint without it is complete: CLIP's logit scale, which SED does not use and exporters omit.
  package var isOptional: Bool { role == .scalar }

  /// The tensor in the model's layout.
  package var modelTensor: ModelTensor {
    ModelTensor(name: name, role: role, layout: layout, shape: axes.map { shape[$0] })
  }
}
