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
  private let tokenEmbedding: Tensor
  private let positionalEmbedding: Tensor
  private let blocks: [TransformerBlock]
  private let finalNorm: Norm
  private let projection: Dense

  /// The maximum number of rows of a prefix tree: of tokens that pass through the layers at a time.
  package static let batchLength = 2048

  /// Loads the weights.
  ///
  /// - Parameter compute: The arithmetic; results differ by rounding only.
  /// - Throws: `FormatError` where weights are missing or damaged; `KernelSetError` where `SEDGE_KERNELS` cannot be followed.
  package init(_ weights: any WeightSource, compute: Compute = Compute()) throws {
    try self.init(weights, operators: compute.operators())
  }

  /// Loads the weights to run on the given operators.
  package init(_ weights: any WeightSource, operators: any Operators) throws {
    let loader = WeightLoader(weights)
    self.operators = operators
    architecture = weights.architecture.text
    let path = ModelPath.text
    tokenEmbedding = try loader.tensor(path.tokenEmbedding)
    positionalEmbedding = try loader.tensor(path.positionalEmbedding)
    blocks = try (0..<architecture.layers).map { [architecture] in
      try loader.transformerBlock(path.blocks[$0], width: architecture.width, heads: architecture.heads)
    }
    finalNorm = try loader.norm(path.finalNorm, epsilon: TransformerBlock.epsilon)
    projection = try loader.dense(path.projection)
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
    let vectors = Tensor(shape: [distinct.count, projection.weight.shape[0]], values: values)
    return (operators.normalizeLength(vectors), rows)
  }

  /// The embeddings of a tree's prompts, not normalized: prompts x embedding.
  private func encode(_ tree: PrefixTree) -> Tensor {
    var x = embed(tree)
    for (index, block) in blocks.enumerated() {
      var attended = operators.causalAttention(
        queryKeyValue: block.queriesKeysValues(x, operators), parents: tree.parents, heads: block.heads,
        scale: block.attentionScale)
      // After the last attention rows are independent, and only the end tokens are read.
      if index == blocks.count - 1 { (x, attended) = (x.rows(tree.ends), attended.rows(tree.ends)) }
      block.add(attended: attended, to: &x, operators)
      block.addMLP(to: &x, operators)
    }
    if blocks.isEmpty { x = x.rows(tree.ends) }
    return projection.linear(finalNorm(x, operators), operators)
  }

  /// The token and position embeddings of each row: rows x width.
  private func embed(_ tree: PrefixTree) -> Tensor {
    let width = architecture.width
    var values: [Float] = []
    values.reserveCapacity(tree.tokens.count * width)
    for (id, position) in zip(tree.tokens, tree.positions) {
      for i in 0..<width {
        values.append(
          tokenEmbedding.values[Int(id) * width + i] + positionalEmbedding.values[position * width + i])
      }
    }
    if let observer = operators as? any LayerObserver {
      observer.observe(
        rows: tokenEmbedding.rows(tree.tokens.map { Int($0) }), of: ModelPath.text.tokenEmbedding.name)
      observer.observe(
        rows: positionalEmbedding.rows(tree.positions), of: ModelPath.text.positionalEmbedding.name)
    }
    return Tensor(shape: [tree.tokens.count, width], values: values)
  }
}

extension Tensor {
  /// Some rows of a matrix, in the order given.
  fileprivate func rows(_ indices: some Collection<Int>) -> Tensor {
    let width = shape[1]
    var result: [Float] = []
    result.reserveCapacity(indices.count * width)
    for index in indices { result += values[index * width..<(index + 1) * width] }
    return Tensor(shape: [indices.count, width], values: result)
  }
}
