// A matrix of weights in the arithmetic that was chosen.

import SedgeOperators
import SedgeTensor

/// A matrix of weights, in float32, bfloat16 or 8 bits, and products with it.
struct PackedLinear {
  private enum Weights {
    case float32(Kernels.Layer)
    case bf16(Kernels.Layer)
    case int8(Kernels.Int8Layer)
  }

  private let kernels: Kernels
  private let weights: Weights
  let outputs: Int
  let inputs: Int

  /// Inputs and outputs that a layer in bytes has at least, whatever the kernels.
  static let leastInt8Width = 64

  /// A linear layer; where the context wants bytes, in bytes if they are faster, else in bfloat16 if that is.
  init(_ dense: Dense, activation: Activation = .identity, _ context: ExecutionContext) {
    kernels = context.kernels
    let (outputs, inputs) = (dense.weight.shape[0], dense.weight.count / dense.weight.shape[0])
    (self.outputs, self.inputs) = (outputs, inputs)
    let (values, bias) = (dense.weight.values.span, dense.bias?.values)
    if context.usesInt8, inputs % 4 == 0, min(inputs, outputs) >= Self.leastInt8Width,
      kernels.isInt8Faster(inputs: inputs, outputs: outputs)
    {
      weights = .int8(kernels.int8Layer(values, outputs: outputs, bias: bias, activation: activation))
    } else if context.usesInt8, inputs % 2 == 0, kernels.hasFastBF16 {
      weights = .bf16(kernels.bf16Layer(values, outputs: outputs, bias: bias, activation: activation))
    } else {
      weights = .float32(kernels.layer(values, outputs: outputs, bias: bias, activation: activation))
    }
  }

  /// Lays out weights, outputs x inputs.
  ///
  /// - Parameter mayUseInt8: Whether they may be in bytes; they are where the context uses bytes.
  init(
    _ weights: Span<Float>, outputs: Int, bias: [Float]? = nil, activation: Activation = .identity,
    mayUseInt8: Bool, _ context: ExecutionContext
  ) {
    kernels = context.kernels
    self.outputs = outputs
    inputs = weights.count / outputs
    self.weights =
      mayUseInt8 && context.usesInt8
      ? .int8(kernels.int8Layer(weights, outputs: outputs, bias: bias, activation: activation))
      : .float32(kernels.layer(weights, outputs: outputs, bias: bias, activation: activation))
  }

  /// Whether the weights are in 8 bits.
  var isInt8: Bool {
    if case .int8 = weights { true } else { false }
  }

  /// Memory to code rows in.
  struct Scratch {
    fileprivate let bytes: Buffer<UInt8>
    fileprivate let affines: Buffer<Kernels.AffineParameters>
    fileprivate let pairs: FloatBuffer

    /// For so many rows of so many values at most.
    init(rowCount: Int, width: Int) {
      bytes = Buffer(count: rowCount * width)
      affines = Buffer(count: rowCount)
      pairs = Buffer(count: rowCount * ((width + 1) / 2))
    }
  }

  /// `output = activation(addend + rows weightᵀ + bias)` for rows that lie behind one another.
  ///
  /// In bytes, each row is converted with a step of its own; in bfloat16, values are rounded. Sums are exact or float32.
  func callAsFunction(
    _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place,
    _ scratch: Scratch
  ) {
    convert(rows, at: start, count, scratch)
    self(converted: scratch, rows, at: start, count, addend: addend, into: output)
  }

  /// Codes rows as the weights want them; nothing for floats. Products of the same form and inputs may share it.
  func convert(_ rows: FloatBuffer, at start: Int = 0, _ count: Int, _ scratch: Scratch) {
    switch weights {
    case .float32: break
    case .bf16: kernels.roundToBF16(rows, at: start, count * inputs, into: scratch.pairs)
    case .int8:
      kernels.quantizeRows(
        rows, at: start, rowCount: count, width: inputs, into: scratch.bytes, affines: scratch.affines)
    }
  }

  /// Normalizes rows and codes them, in one go where that is possible.
  ///
  /// - Parameter normalized: Where the normalized rows go if floats are needed.
  func normalizeAndConvert(
    _ rows: FloatBuffer, _ count: Int, _ norm: FusedNorm, into normalized: FloatBuffer, _ scratch: Scratch
  ) {
    if case .int8 = weights, norm.isPlain, inputs % 16 == 0 {
      kernels.layerNormAndQuantize(
        rows, at: 0, rowCount: count, width: inputs, epsilon: norm.epsilon, into: scratch.bytes,
        affines: scratch.affines)
    } else {
      norm(rows, at: 0, count, width: inputs, into: normalized, at: 0)
      convert(normalized, count, scratch)
    }
  }

  /// The product with rows that were converted, or with floats where nothing is.
  func callAsFunction(
    converted: Scratch, _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place
  ) {
    switch weights {
    case .float32(let layer):
      kernels.multiply(
        Kernels.Rows(rows, at: start, stride: inputs, runLength: inputs), count, by: layer, addend: addend,
        into: output)
    case .bf16(let layer):
      kernels.multiplyBF16(
        Kernels.Rows(converted.pairs, stride: inputs / 2, runLength: inputs / 2), count, by: layer,
        addend: addend,
        into: output)
    case .int8(let layer):
      kernels.multiply(
        Kernels.Rows(converted.bytes, stride: inputs, runLength: inputs), affines: converted.affines, count,
        by: layer,
        addend: addend, into: output)
    }
  }

  /// The same for what a convolution reads.
  func callAsFunction(
    _ window: Window, of values: PaddedValues, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place
  ) {
    switch (weights, values.storage) {
    case (.float32(let layer), .float32(let buffer)):
      kernels.multiply(window.rows(buffer), count, by: layer, addend: addend, into: output)
    case (.int8(let layer), .int8(let buffer, let affine)):
      kernels.multiply(window.rows(buffer), affines: affine, count, by: layer, addend: addend, into: output)
    default: preconditionFailure("weights and values in different forms")
    }
  }
}
