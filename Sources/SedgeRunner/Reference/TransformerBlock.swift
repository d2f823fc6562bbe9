// The block of CLIP's transformers.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// A pre-norm transformer block: `x + projection(attention(norm(x)))`, then `x + second(GELU(first(norm(x))))`.
///
/// The blocks of both encoders of CLIP; attention is the caller's, causal for text.
struct TransformerBlock {
  var attentionNorm: Norm
  /// Queries, keys and values, in this order.
  var queryKeyValue: Dense
  var projection: Dense
  var mlpNorm: Norm
  var first: Dense
  var second: Dense
  var heads: Int
  /// The factor of the products of queries and keys: 1/sqrt(head width), or 1 where the queries have it.
  var attentionScale: Float
  var activation: Activation

  static let epsilon: Float = 1e-5

  /// Queries, keys and values of each row: `... x W` to `... x 3W`.
  func queriesKeysValues(_ x: Tensor, _ operators: any Operators) -> Tensor {
    queryKeyValue.linear(attentionNorm(x, operators), operators)
  }

  /// Adds the output of the attention, through the projection.
  func add(attended: Tensor, to x: inout Tensor, _ operators: any Operators) {
    operators.add(projection.linear(attended, operators), scale: nil, to: &x)
  }

  /// Adds the MLP's output.
  func addMLP(to x: inout Tensor, _ operators: any Operators) {
    let hidden = first.linear(mlpNorm(x, operators), operators, activation: activation)
    operators.add(second.linear(hidden, operators), scale: nil, to: &x)
  }

  /// The layer that makes the values alone.
  var value: Dense {
    let (rows, inputs) = (queryKeyValue.weight.shape[0] / 3, queryKeyValue.weight.shape[1])
    var result = queryKeyValue
    result.weight = Tensor(
      shape: [rows, inputs], values: Array(queryKeyValue.weight.values[2 * rows * inputs..<3 * rows * inputs])
    )
    result.bias = queryKeyValue.bias.map {
      Tensor(shape: [rows], values: Array($0.values[2 * rows..<3 * rows]))
    }
    return result
  }
}

extension WeightLoader {
  /// A block of a transformer.
  func transformerBlock(
    _ path: ModelPath.TransformerBlock, width: Int, heads: Int, epsilon: Float = TransformerBlock.epsilon
  ) throws -> TransformerBlock {
    try TransformerBlock(
      attentionNorm: norm(path.attentionNorm, epsilon: epsilon), queryKeyValue: dense(path.queryKeyValue),
      projection: dense(path.attentionProjection), mlpNorm: norm(path.mlpNorm, epsilon: epsilon),
      first: dense(path.fc1), second: dense(path.fc2), heads: heads,
      attentionScale: attentionScale(headWidth: width / heads),
      activation: architecture.usesQuickGELU ? .quickGELU : .gelu)
  }

  /// The factor of the products of queries and keys that the queries do not have.
  func attentionScale(headWidth: Int) -> Float {
    foldState.attentionScaleFolded ? 1 : 1 / Float(headWidth).squareRoot()
  }
}
