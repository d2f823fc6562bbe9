// Classification and embeddings.

public import CSedge
import Sedge
import SedgeImages
import SedgeTensor

/// `sedge_embedding`.
final class EmbeddingHandle: Handle {
  private let values: FixedArray<Float>
  private let shape: [Int]

  init(_ tensor: Tensor) {
    (values, shape) = (FixedArray(tensor.values), tensor.shape)
  }

  var array: sedge_array { sedge_array(values, shape: shape) }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classify(
  _ model: OpaquePointer?, _ classes: OpaquePointer?, _ picture: UnsafePointer<sedge_picture>?,
  _ probabilities: UnsafeMutablePointer<Float>?, _ count: Int
) -> sedge_status {
  call {
    let model = try ModelHandle.object(model, "model").model
    let classes = try ClassesHandle.object(classes, "classes")
    try classes.check(of: model)
    let probabilities = try required(probabilities, "probabilities")
    guard count == classes.names.count else {
      throw CallError.argument("count is \(count): there are \(classes.names.count) classes")
    }
    let image = try RGBImage(picture)
    let result = try model.classify(image, textFeatures: classes.features.tensor)
    for (index, value) in result.probabilities.enumerated() { probabilities[index] = value }
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_embed(
  _ model: OpaquePointer?, _ picture: UnsafePointer<sedge_picture>?,
  _ embedding: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(embedding, "embedding") {
    let model = try ModelHandle.object(model, "model").model
    let image = try RGBImage(picture)
    return try EmbeddingHandle(model.embedding(of: image))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_embedding_close(_ embedding: OpaquePointer?) { Handle.release(embedding) }

/// As `sedge.h` says.
@c @implementation
public func sedge_embedding_values(
  _ embedding: OpaquePointer?, _ values: UnsafeMutablePointer<sedge_array>?
) -> sedge_status {
  call {
    let values = try required(values, "values")
    values.pointee = try EmbeddingHandle.object(embedding, "embedding").array
  }
}
