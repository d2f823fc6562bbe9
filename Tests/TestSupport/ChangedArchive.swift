// Archives and weights with some values changed.

package import SedgeArchitecture
package import SedgeTensor

/// An archive in float32 with functions applied to some tensors.
package final class ChangedArchive: TensorArchive {
  private let sound: any TensorArchive
  private let changes: [String: @Sendable (Int) -> Float]

  /// Makes the archive.
  ///
  /// - Parameter changes: From an element's index to its new value, by the tensor's whole name.
  package init(_ sound: any TensorArchive, changes: [String: @Sendable (Int) -> Float]) {
    self.sound = sound
    self.changes = changes
  }

  package var path: String { sound.path }
  package var formatName: String { sound.formatName }
  package var tensors: [TensorInfo] { sound.tensors }

  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let change = changes[info.name] else { return try sound.read(info, into: &destination) }
    for i in 0..<info.elementCount {
      destination.storeBytes(of: change(i), toByteOffset: 4 * i, as: Float.self)
    }
  }
}

/// Weights with some tensors changed, removed or added.
package final class ChangedWeights: WeightOverlay {
  package let base: any WeightSource
  package let modelTensors: [ModelTensor]
  private let changes: [String: @Sendable (Int) -> Float]

  /// Makes the weights.
  ///
  /// - Parameters:
  ///   - changes: From an element's index to its new value, by the tensor's name.
  ///   - missing: The names of tensors to remove.
  ///   - more: Tensors to add.
  package init(
    _ sound: any WeightSource, changes: [String: @Sendable (Int) -> Float] = [:],
    without missing: [String] = [], with more: [ModelTensor] = []
  ) {
    base = sound
    self.changes = changes
    modelTensors = sound.modelTensors.filter { !missing.contains($0.name) } + more
  }

  /// Makes weights of which some tensors have the same number in every element.
  package convenience init(
    _ sound: any WeightSource, numbers: [String: Float], without missing: [String] = []
  ) {
    self.init(sound, changes: numbers.mapValues { number in { _ in number } }, without: missing)
  }

  package func values(of tensor: ModelTensor) throws -> Tensor {
    guard let change = changes[tensor.name] else { return try base.values(of: tensor) }
    return Tensor(shape: tensor.shape, values: (0..<tensor.elementCount).map(change))
  }
}
