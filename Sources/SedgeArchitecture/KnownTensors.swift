// The tensors that any model of the kind may have, by name and number of dimensions.

/// What is known of a tensor before a model's dimensions are.
enum KnownTensors {
  /// Dimensions by name, the numbers of stages, blocks and layers being `#`.
  private static let ranks: [String: Int] = Dictionary(
    [Architecture.sedBase, .sedLarge].flatMap(\.checkpointTensors).map {
      (pattern(of: $0.name), $0.shape.count)
    },
    uniquingKeysWith: { first, _ in first })

  private static let counted: Set<Substring> = ["stages", "blocks", "resblocks"]

  private static func pattern(of name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    for index in parts.indices.dropFirst()
    where counted.contains(parts[index - 1]) && Int(parts[index]) != nil {
      parts[index] = "#"
    }
    return parts.joined(separator: ".")
  }

  /// The number of dimensions that a tensor of this own name has in some model; `nil` where none has it.
  static func rank(of name: String) -> Int? { ranks[pattern(of: name)] }

  /// Whether a tensor of this name and shape can be a part of a model.
  static func fits(_ name: String, _ shape: [Int]) -> Bool {
    guard let rank = rank(of: name) else { return false }
    let shape = plain(shape, of: name)
    return shape.count == rank || (shape.count < rank && shape.count + 1 == rank && rank > 2)
  }

  /// The shape without dimensions of 1 behind, or else before, those that a tensor of this name has.
  static func plain(_ shape: [Int], of name: String) -> [Int] {
    guard let rank = rank(of: name) else { return shape }
    var shape = shape[...]
    while shape.count > rank, shape.last == 1 { shape = shape.dropLast() }
    while shape.count > rank, shape.first == 1 { shape = shape.dropFirst() }
    return Array(shape)
  }
}

/// Whether two shapes are of the same numbers in the same order: equal but for dimensions of 1.
///
/// Dimensions of 1 do not change where a number lies, so a vector may be stored as N x 1, 1 x N or N x 1 x 1, and the
/// matrix of a linear layer as a convolution of 1 x 1.
public func isSameOrder(_ a: [Int], _ b: [Int]) -> Bool { a.filter { $0 != 1 } == b.filter { $0 != 1 } }
