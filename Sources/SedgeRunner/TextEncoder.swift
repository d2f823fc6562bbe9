// CLIP's text encoder: prompts to embeddings.

package import SedgeArchitecture
package import SedgeOperators
package import SedgeTensor

/// A pre-norm causal transformer (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision").
///
/// A prompt's embedding is the activation at its end token, and attention is causal: prompts are truncated after the end token, and
/// prompts with a common prefix share its activations (``PrefixTree``), which is exact and many times faster.
package struct TextEncoder {
  private let operators: any Operators
  private let architecture: Architecture.TextEncoder
  private let encode: (PrefixTree) -> Tensor

  /// The maximum number of rows of a prefix tree: of tokens that pass through the layers at a time.
  package static let batchLength = 2048

  /// Loads the weights.
  ///
  /// - Parameter compute: The arithmetic of the layers.
  /// - Throws: `FormatError` where weights are missing or damaged; `KernelSetError` where `SEDGE_KERNELS` cannot be followed.
  package init(_ weights: any WeightSource, compute: Compute = Compute()) throws {
    guard compute.arithmetic != .reference else {
      try self.init(weights, operators: ReferenceOperators())
      return
    }
    let architecture = weights.architecture.text
    let transformer = try FusedTextTransformer(
      TextTransformer(WeightLoader(weights), architecture), compute.context())
    let pool = BufferPool()
    try self.init(architecture, compute.operators()) { transformer($0, pool) }
  }

  /// Loads the weights to run layer by layer on the given operators.
  package init(_ weights: any WeightSource, operators: any Operators) throws {
    let architecture = weights.architecture.text
    let transformer = try TextTransformer(WeightLoader(weights), architecture)
    self.init(architecture, operators) { transformer($0, operators) }
  }

  private init(
    _ architecture: Architecture.TextEncoder, _ operators: any Operators,
    encode: @escaping (PrefixTree) -> Tensor
  ) {
    (self.architecture, self.operators, self.encode) = (architecture, operators, encode)
  }

  /// The text features of classes.
  ///
  /// Every prompt is encoded and normalized; for each template a class's synonyms are averaged and the average is normalized.
  ///
  /// - Parameters:
  ///   - tokens: For each class, template and synonym, the token ids, with or without padding; all below the vocabulary's size. The
  ///     end token is the highest id of a prompt.
  ///   - progress: Called with the number of distinct prompts encoded so far and in total.
  /// - Returns: classes x templates x embedding, unit vectors. The bits of a class do not depend on the other classes.
  package func features(
    of tokens: [[[[Int32]]]], progress: (_ done: Int, _ total: Int) throws -> Void
  ) rethrows -> Tensor {
    let prompts = tokens.flatMap { $0.flatMap { $0 } }
    let size = Int32(architecture.vocabularySize)
    precondition(prompts.allSatisfy { $0.count <= architecture.contextLength })
    precondition(prompts.allSatisfy { $0.allSatisfy { (0..<size).contains($0) } })
    let (units, rows) = try unitVectors(of: prompts.map(Self.cut), progress: progress)
    let width = units.shape[1]
    var values: [Float] = []
    values.reserveCapacity(tokens.count * (tokens.first?.count ?? 0) * width)
    var next = 0
    for synonyms in tokens.joined() {
      let vectors = units.rows(rows[next..<next + synonyms.count])
      next += synonyms.count
      values += synonyms.count == 1 ? vectors.values : average(of: vectors).values
    }
    return Tensor(shape: [tokens.count, tokens[0].count, width], values: values)
  }

  /// The text features of classes; see ``features(of:progress:)``.
  package func features(of tokens: [[[[Int32]]]]) -> Tensor { features(of: tokens) { _, _ in } }

  private func average(of vectors: Tensor) -> Tensor {
    let (count, width) = (vectors.shape[0], vectors.shape[1])
    let mean = (0..<width).map { i in
      Float((0..<count).reduce(0.0) { $0 + Double(vectors.values[$1 * width + i]) } / Double(count))
    }
    return operators.normalizeLength(Tensor(shape: [1, width], values: mean))
  }

  /// A prompt up to its end token: the first token with the highest id.
  private static func cut(_ prompt: [Int32]) -> ArraySlice<Int32> {
    let end = prompt.indices.max { (prompt[$0], $1) < (prompt[$1], $0) }
    guard let end else { preconditionFailure("the prompt is empty") }
    return prompt[...end]
  }

  /// The unit vectors of the distinct prompts, and the index of each prompt among them.
  private func unitVectors(
    of prompts: [ArraySlice<Int32>], progress: (_ done: Int, _ total: Int) throws -> Void
  ) rethrows -> (units: Tensor, rows: [Int]) {
    var distinct: [ArraySlice<Int32>] = []
    var rows = [Int](repeating: 0, count: prompts.count)
    for index in prompts.indices.sorted(by: { prompts[$0].lexicographicallyPrecedes(prompts[$1]) }) {
      if distinct.last != prompts[index] { distinct.append(prompts[index]) }
      rows[index] = distinct.count - 1
    }
    var values: [Float] = []
    var rest = distinct[...]
    while !rest.isEmpty {
      values += encode(PrefixTree(taking: &rest, rowLimit: Self.batchLength)).values
      try progress(distinct.count - rest.count, distinct.count)
    }
    let vectors = Tensor(shape: [distinct.count, values.count / distinct.count], values: values)
    return (operators.normalizeLength(vectors), rows)
  }
}
