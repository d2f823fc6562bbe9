// The layers of CLIP's text encoder.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// Token and position embeddings, pre-norm blocks with causal attention, the final norm and the projection.
struct TextTransformer {
  /// The embeddings of tokens and of positions.
  struct Embedding {
    var tokens: Tensor
    var positions: Tensor

    /// The sum of both for each row of a tree: rows x width.
    func callAsFunction(_ tree: PrefixTree) -> Tensor {
      let width = tokens.shape[1]
      var values: [Float] = []
      values.reserveCapacity(tree.tokens.count * width)
      for (id, position) in zip(tree.tokens, tree.positions) {
        for i in 0..<width {
          values.append(tokens.values[Int(id) * width + i] + positions.values[position * width + i])
        }
      }
      return Tensor(shape: [tree.tokens.count, width], values: values)
    }
  }

  var embedding: Embedding
  var blocks: [TransformerBlock]
  var finalNorm: Norm
  var projection: Dense

  init(_ loader: WeightLoader, _ architecture: Architecture.TextEncoder) throws {
    let path = ModelPath.text
    embedding = try Embedding(
      tokens: loader.tensor(path.tokenEmbedding), positions: loader.tensor(path.positionalEmbedding))
    blocks = try (0..<architecture.layers).map {
      try loader.transformerBlock(path.blocks[$0], width: architecture.width, heads: architecture.heads)
    }
    finalNorm = try loader.norm(path.finalNorm, epsilon: TransformerBlock.epsilon)
    projection = try loader.dense(path.projection)
  }

  /// The embeddings of a tree's prompts, not normalized: prompts x embedding.
  func callAsFunction(_ tree: PrefixTree, _ operators: any Operators) -> Tensor {
    if let observer = operators as? any LayerObserver { report(tree, to: observer) }
    var x = embedding(tree)
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

  private func report(_ tree: PrefixTree, to observer: any LayerObserver) {
    observer.observe(
      rows: embedding.tokens.rows(tree.tokens.map { Int($0) }), of: ModelPath.text.tokenEmbedding.name)
    observer.observe(
      rows: embedding.positions.rows(tree.positions), of: ModelPath.text.positionalEmbedding.name)
  }
}

extension Tensor {
  /// Some rows of a matrix, in the order given.
  func rows(_ indices: some Collection<Int>) -> Tensor {
    let width = shape[1]
    var result: [Float] = []
    result.reserveCapacity(indices.count * width)
    for index in indices { result += values[index * width..<(index + 1) * width] }
    return Tensor(shape: [indices.count, width], values: result)
  }
}
