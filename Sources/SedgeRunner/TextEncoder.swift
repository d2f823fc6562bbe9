// CLIP's text transformer: prompts to vectors.

public import SedgeArchitecture
public import SedgeOperators
public import SedgeTensor

/// A pre-norm causal transformer (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision").
///
/// A prompt's vector is read at its end token and no token sees a later one, so prompts are cut there: exact, and
/// several times faster than running the padding.
public struct TextEncoder {
  private struct Block {
    var attentionNorm: Norm
    var queryKeyValue: Dense
    var projection: Dense
    var mlpNorm: Norm
    var first: Dense
    var second: Dense
  }

  private let operators: any Operators
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

  /// Loads the weights.
  ///
  /// - Throws: `FormatError` where they are missing or damaged.
  public init(_ weights: any WeightSource, operators: any Operators = ReferenceOperators()) throws {
    let (form, loader) = (weights.form, WeightLoader(weights))
    self.operators = operators
    architecture = weights.architecture.text
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

  /// The text features of classes.
  ///
  /// Every prompt is encoded and divided by its length; a class's synonyms are averaged for each template and
  /// divided by the length of the average.
  ///
  /// - Parameters:
  ///   - tokens: For each class, for each template, for each synonym, the token ids, padded or not; all below the
  ///     vocabulary's size, the end token being the highest of a prompt.
  ///   - progress: Called with the number of prompts done, and of all.
  /// - Returns: classes x templates x embedding, unit vectors.
  public func features(
    of tokens: [[[[Int32]]]], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) -> Tensor {
    let prompts = tokens.flatMap { $0.flatMap { $0 } }
    let size = Int32(architecture.vocabularySize)
    precondition(prompts.allSatisfy { $0.count <= architecture.contextLength })
    precondition(prompts.allSatisfy { $0.allSatisfy { (0..<size).contains($0) } })
    let units = operators.normalizeLength(vectors(of: prompts) { progress($0, prompts.count) })
    let width = units.shape[1]
    var values: [Float] = []
    var next = 0
    for synonyms in tokens.joined() {
      let rows = next..<next + synonyms.count
      next = rows.upperBound
      let vectors = Tensor(
        shape: [rows.count, width],
        values: Array(units.values[rows.lowerBound * width..<rows.upperBound * width]))
      values += rows.count == 1 ? vectors.values : average(of: vectors).values
    }
    return Tensor(shape: [tokens.count, tokens[0].count, width], values: values)
  }

  private func average(of vectors: Tensor) -> Tensor {
    let (count, width) = (vectors.shape[0], vectors.shape[1])
    let mean = (0..<width).map { i in
      Float((0..<count).reduce(0.0) { $0 + Double(vectors.values[$1 * width + i]) } / Double(count))
    }
    return operators.normalizeLength(Tensor(shape: [1, width], values: mean))
  }

  /// The vectors of prompts, not normalized: prompts x embedding.
  private func vectors(of prompts: [[Int32]], progress: (_ done: Int) -> Void) -> Tensor {
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
      values += encode(Array(cut[first..<last])).values
      first = last
      progress(first)
    }
    return Tensor(shape: [prompts.count, projection.weight.shape[0]], values: values)
  }

  private func encode(_ prompts: [ArraySlice<Int32>]) -> Tensor {
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
