// Matrix products in the number format that suits the weights.

import SedgeOperators
import SedgeTensor

/// A packed weight matrix in float32, bfloat16 or int8.
struct PackedLinear {
  /// The number format of weights and inputs.
  enum Format {
    case float32, bf16, int8
  }

  private enum Weights {
    case float32(Kernels.Layer)
    case bf16(Kernels.BF16Layer)
    case int8(Kernels.Int8Layer)
  }

  private let kernels: Kernels
  private let weights: Weights
  let outputs: Int
  let inputs: Int

  /// The minimum of inputs and of outputs of a linear layer in int8, for all kernel sets.
  static let leastInt8Width = 64

  /// Packs a linear layer in the context's format where that suits its size. Where the context uses int8: in int8 if that is faster,
  /// otherwise in bfloat16 if there are instructions for it.
  init(_ dense: Dense, activation: Activation = .identity, _ context: ExecutionContext) {
    let (outputs, inputs) = (dense.weight.shape[0], dense.weight.count / dense.weight.shape[0])
    let kernels = context.kernels
    let format: Format =
      switch context.format {
      case .int8
      where inputs % 4 == 0 && min(inputs, outputs) >= Self.leastInt8Width
        && kernels.isInt8Faster(inputs: inputs, outputs: outputs):
        .int8
      case .int8 where kernels.hasBF16 && inputs % 2 == 0, .bf16 where inputs % 2 == 0: .bf16
      default: .float32
      }
    self.init(
      dense.weight.values.span, outputs: outputs, bias: dense.bias?.values, activation: activation, format,
      kernels)
  }

  /// Packs the kernel of a convolution, outputs x lines x columns x channels, in the context's format where that suits its size.
  init(
    convolution weight: Tensor, bias: [Float]? = nil, activation: Activation = .identity,
    _ context: ExecutionContext
  ) {
    let format = Self.convolutionFormat(columns: weight.shape[2], channels: weight.shape[3], context)
    self.init(
      weight.values.span, outputs: weight.shape[0], bias: bias, activation: activation, format,
      context.kernels)
  }

  /// The number format of a direct convolution.
  static func convolutionFormat(columns: Int, channels: Int, _ context: ExecutionContext) -> Format {
    switch context.format {
    // Lines of an int8 kernel are read four values at a time.
    case .int8 where columns * channels % 4 == 0: .int8
    case .bf16 where channels % 2 == 0: .bf16
    default: .float32
    }
  }

  /// Packs weights, outputs x inputs, in float32.
  init(
    float32 weights: Span<Float>, outputs: Int, bias: [Float]? = nil, activation: Activation = .identity,
    _ context: ExecutionContext
  ) {
    self.init(weights, outputs: outputs, bias: bias, activation: activation, .float32, context.kernels)
  }

  private init(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation, _ format: Format,
    _ kernels: Kernels
  ) {
    (self.kernels, self.outputs, inputs) = (kernels, outputs, weights.count / outputs)
    self.weights =
      switch format {
      case .float32:
        .float32(kernels.layer(weights, outputs: outputs, bias: bias, activation: activation))
      case .bf16: .bf16(kernels.bf16Layer(weights, outputs: outputs, bias: bias, activation: activation))
      case .int8: .int8(kernels.int8Layer(weights, outputs: outputs, bias: bias, activation: activation))
      }
  }

  /// The number format.
  var format: Format {
    switch weights {
    case .float32: .float32
    case .bf16: .bf16
    case .int8: .int8
    }
  }

  /// Memory for a padded image of so many values in the number format.
  func storage(count: Int) -> PaddedValues.Storage {
    switch format {
    case .float32: .float32(FloatBuffer(count: count))
    case .bf16: .bf16(Kernels.BF16Buffer(count: count, kernels))
    case .int8: .int8(Buffer(count: count), Buffer([Kernels.AffineParameters()]))
    }
  }

  /// Memory for rows in the number format of the weights.
  struct Scratch {
    fileprivate let bytes: Buffer<UInt8>
    fileprivate let affines: Buffer<Kernels.AffineParameters>
    fileprivate let rounded: FloatBuffer

    /// Allocates memory for at most `rowCount` rows of at most `width` values.
    init(rowCount: Int, width: Int) {
      bytes = Buffer(count: rowCount * width)
      affines = Buffer(count: rowCount)
      rounded = Buffer(count: rowCount * width)
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
    case .bf16:
      kernels.roundToBF16(
        rows, at: start, count * inputs, into: Kernels.BF16Buffer(scratch.rounded, kernels))
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
      kernels.multiply(
        Kernels.BF16Buffer(converted.rounded, kernels), stride: inputs, runLength: inputs, count, by: layer,
        addend: addend, into: output)
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
    case (.bf16(let layer), .bf16(let buffer)):
      kernels.multiply(
        buffer, at: window.start, stride: window.stride, runCount: window.runCount,
        runLength: window.runLength, runStride: window.runStride, count, by: layer, addend: addend,
        into: output)
    case (.int8(let layer), .int8(let buffer, let affine)):
      kernels.multiply(window.rows(buffer), affines: affine, count, by: layer, addend: addend, into: output)
    default: preconditionFailure("weights and values have different number formats")
    }
  }
}
