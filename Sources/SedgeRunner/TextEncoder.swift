// CLIP's text transformer: prompts to vectors.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// A pre-norm causal transformer (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision").
///
/// A prompt's vector is read at its end token and no token sees a later one, so prompts are cut there: exact, and
/// several times faster than running the padding.
struct TextEncoder {
  private struct Block {
    var attentionNorm: Norm
    var queryKeyValue: Dense
    var projection: Dense
    var mlpNorm: Norm
    var first: Dense
    var second: Dense
  }

  private let architecture: Architecture.TextEncoder
  private let attentionScale: Float
  private let tokenEmbedding: Tensor
  private let positionalEmbedding: Tensor
  private let blocks: [Block]
  private let finalNorm: Norm
  private let projection: Dense

  static let epsilon: Float = 1e-5
  /// Tokens that go through the layers together.
  static let batchLength = 2048

  init(_ architecture: Architecture.TextEncoder, form: GraphForm, _ loader: WeightLoader) throws {
    self.architecture = architecture
    let clip = PartName.clip
    let headWidth = architecture.width / architecture.heads
    attentionScale = form.attentionScaleFolded ? 1 : 1 / Float(headWidth).squareRoot()
    tokenEmbedding = try loader.tensor("\(clip).token_embedding.weight")
    positionalEmbedding = try loader.tensor("\(clip).positional_embedding")
    blocks = try (0..<architecture.layers).map { layer in
      let name = "\(clip).transformer.resblocks.\(layer)"
      return try Block(
        attentionNorm: loader.norm("\(name).ln_1", epsilon: Self.epsilon),
        queryKeyValue: Dense(
          weight: loader.tensor("\(name).attn.in_proj_weight"),
          bias: loader.tensor("\(name).attn.in_proj_bias")),
        projection: loader.dense("\(name).attn.out_proj"),
        mlpNorm: loader.norm("\(name).ln_2", epsilon: Self.epsilon), first: loader.dense("\(name).mlp.c_fc"),
        second: loader.dense("\(name).mlp.c_proj"))
    }
    finalNorm = try loader.norm("\(clip).ln_final", epsilon: Self.epsilon)
    projection = try Dense(
      weight: loader.tensor("\(clip).text_projection"), bias: loader.optional("\(clip).text_projection.bias"))
  }

  /// The vectors of prompts, not normalized.
  ///
  /// - Parameter prompts: Token ids, all below the vocabulary's size; the end token has the highest id of a prompt.
  /// - Returns: prompts x embedding.
  func callAsFunction(
    _ prompts: [[Int32]], _ operators: any Operators, progress: (_ done: Int) -> Void = { _ in }
  ) -> Tensor {
    let cut = prompts.map { prompt -> ArraySlice<Int32> in
      let end = prompt.indices.max { (prompt[$0], $1) < (prompt[$1], $0) } ?? 0
      return prompt.prefix(end + 1)
    }
    var values: [Float] = []
    var first = 0
    while first < cut.count {
      var (last, length) = (first, 0)
      while last < cut.count, last == first || length + cut[last].count <= Self.batchLength {
        length += cut[last].count
        last += 1
      }
      values += encode(Array(cut[first..<last]), operators).values
      first = last
      progress(first)
    }
    return Tensor(shape: [prompts.count, projection.weight.shape[0]], values: values)
  }

  private func encode(_ prompts: [ArraySlice<Int32>], _ operators: any Operators) -> Tensor {
    let width = architecture.width
    var x = embed(prompts)
    for block in blocks {
      let attended = operators.causalAttention(
        queryKeyValue: block.queryKeyValue.linear(block.attentionNorm(x, operators), operators),
        lengths: prompts.map(\.count), heads: architecture.heads, scale: attentionScale)
      operators.add(block.projection.linear(attended, operators), scale: nil, to: &x)
      let hidden = block.first.linear(block.mlpNorm(x, operators), operators, activation: .gelu)
      operators.add(block.second.linear(hidden, operators), scale: nil, to: &x)
    }
    var ends: [Float] = []
    var row = 0
    for prompt in prompts {
      row += prompt.count
      ends += x.values[(row - 1) * width..<row * width]
    }
    let final = finalNorm(Tensor(shape: [prompts.count, width], values: ends), operators)
    return projection.linear(final, operators)
  }

  private func embed(_ prompts: [ArraySlice<Int32>]) -> Tensor {
    let width = architecture.width
    var values: [Float] = []
    for prompt in prompts {
      for (position, id) in prompt.enumerated() {
        for i in 0..<width {
          values.append(
            tokenEmbedding.values[Int(id) * width + i] + positionalEmbedding.values[position * width + i])
        }
      }
    }
    return Tensor(shape: [values.count / width, width], values: values)
  }
}
