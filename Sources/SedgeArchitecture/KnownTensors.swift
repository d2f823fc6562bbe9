// The tensors that models of the known kinds may have, whatever their dimensions.

/// Role and number of dimensions of a tensor, by its name alone.
enum KnownTensors {
  /// The tensors of the published models, each name once, by ``ModelPath/pattern(of:)``.
  private static let tensors: [String: CheckpointTensor] = Dictionary(
    [Architecture.sedBase, .sedLarge, .catSegBase].flatMap(\.checkpointTensors).flatMap {
      [$0] + parts(of: $0)
    }.map {
      (ModelPath.pattern(of: $0.name), $0)
    },
    uniquingKeysWith: { first, _ in first })

  /// The parts that a file may have instead of a tensor.
  private static func parts(of tensor: CheckpointTensor) -> [CheckpointTensor] {
    var naming = SourceNaming.sed()
    (naming.splitsAttentionWeights, naming.splitsAttentionBiases) = (true, true)
    let parts = naming.stored(tensor)
    return parts.count > 1 ? parts : []
  }

  /// The bytes of the longest name, with room for its numbers.
  private static let largestByteCount = 40 + (tensors.keys.map(\.utf8.count).max() ?? 0)

  /// The role of the tensors of this own name; `nil` where no model has any.
  static func role(of name: String) -> TensorRole? { tensor(of: name)?.role }

  /// The number of dimensions that tensors of this own name have; `nil` where no model has any.
  static func rank(of name: String) -> Int? { tensor(of: name)?.shape.count }

  private static func tensor(of name: String) -> CheckpointTensor? {
    name.utf8.count > largestByteCount ? nil : tensors[ModelPath.pattern(of: name)]
  }

  /// Whether a tensor of this name and shape can be a part of a model.
  static func fits(_ name: String, _ shape: [Int]) -> Bool {
    guard let rank = rank(of: name) else { return false }
    let shape = plain(shape, of: name)
    return shape.count == rank || (shape.count < rank && shape.count + 1 == rank && rank > 2)
  }

  /// The shape without extra dimensions of 1 at its end, or else at its start.
  static func plain(_ shape: [Int], of name: String) -> [Int] {
    guard let rank = rank(of: name) else { return shape }
    var shape = shape[...]
    while shape.count > rank, shape.last == 1 { shape = shape.dropLast() }
    while shape.count > rank, shape.first == 1 { shape = shape.dropFirst() }
    return Array(shape)
  }
}
