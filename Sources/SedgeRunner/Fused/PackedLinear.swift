// Matrix products in the number format that suits the weights.

import SedgeOperators
import SedgeTensor

/// A packed weight matrix in float32, bfloat16 or int8.
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

  /// The minimum of inputs and of outputs of a linear layer in int8, for all kernel sets.
  static let leastInt8Width = 64

  /// Packs a linear layer. Where the context uses int8: in int8 if that is faster, otherwise in bfloat16 if that is faster.
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

  /// Packs weights, outputs x inputs.
  ///
  /// - Parameter mayUseInt8: Whether the weights are in int8 where the context uses int8.
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

  /// Whether the weights are in int8.
  var isInt8: Bool {
    if case .int8 = weights { true } else { false }
  }

  /// Memory for rows in the number format of the weights.
  struct Scratch {
    fileprivate let bytes: Buffer<UInt8>
    fileprivate let affines: Buffer<Kernels.AffineParameters>
    fileprivate let pairs: FloatBuffer

    /// Allocates memory for at most `rowCount` rows of at most `width` values.
    init(rowCount: Int, width: Int) {
      bytes = Buffer(count: rowCount * width)
      affines = Buffer(count: rowCount)
      pairs = Buffer(count: rowCount * ((width + 1) / 2))
    }
  }

  /// `output = activation(addend + rows weightᵀ + bias)` for adjacent rows.
  ///
  /// With int8 weights, each row is quantized with a scale of its own; with bfloat16 weights, values are rounded to bfloat16. Sums are
  /// exact or float32.
  func callAsFunction(
    _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place,
    _ scratch: Scratch
  ) {
    convert(rows, at: start, count, scratch)
    self(converted: scratch, rows, at: start, count, addend: addend, into: output)
  }

  /// Converts rows to the number format of the weights; does nothing for float32. Layers with the same inputs and number format can
  /// share the result.
  func convert(_ rows: FloatBuffer, at start: Int = 0, _ count: Int, _ scratch: Scratch) {
    switch weights {
    case .float32: break
    case .bf16: kernels.roundToBF16(rows, at: start, count * inputs, into: scratch.pairs)
    case .int8:
      kernels.quantizeRows(
        rows, at: start, rowCount: count, width: inputs, into: scratch.bytes, affines: scratch.affines)
    }
  }

  /// Normalizes rows and converts them, in one step where possible.
  ///
  /// - Parameter normalized: Memory for the normalized rows in float32, where they are needed.
  func normalizeAndConvert(
    _ rows: FloatBuffer, at start: Int = 0, _ count: Int, _ norm: FusedNorm, into normalized: FloatBuffer,
    _ scratch: Scratch
  ) {
    if case .int8 = weights, norm.isPlain, inputs % 16 == 0 {
      kernels.layerNormAndQuantize(
        rows, at: start, rowCount: count, width: inputs, epsilon: norm.epsilon, into: scratch.bytes,
        affines: scratch.affines)
    } else {
      norm(rows, at: start, count, width: inputs, into: normalized, at: 0)
      convert(normalized, count, scratch)
    }
  }

  /// The product with converted rows; with `rows` themselves for float32.
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

  /// The product with the windows of a convolution.
  func callAsFunction(
    _ window: Window, of values: PaddedValues, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place
  ) {
    switch (weights, values.storage) {
    case (.float32(let layer), .float32(let buffer)):
      kernels.multiply(window.rows(buffer), count, by: layer, addend: addend, into: output)
    case (.int8(let layer), .int8(let buffer, let affine)):
      kernels.multiply(window.rows(buffer), affines: affine, count, by: layer, addend: addend, into: output)
    default: preconditionFailure("weights and values have different number formats")
    }
  }
}
