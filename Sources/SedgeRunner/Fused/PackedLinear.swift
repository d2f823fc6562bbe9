// A matrix of weights in the arithmetic that was chosen.

import SedgeOperators
import SedgeTensor

/// A matrix of weights, in float32, bfloat16 or 8 bits, and products with it.
struct PackedLinear {
  private enum Weights {
    case floats(Kernels.Layer)
    case halves(Kernels.Layer)
    case bytes(Kernels.ByteLayer)
  }

  private let kernels: Kernels
  private let weights: Weights
  let outputs: Int
  let inputs: Int

  /// Inputs and outputs that a layer in bytes has at least, whatever the kernels.
  static let leastByteWidth = 64

  /// A linear layer; where the context wants bytes, in bytes if they are faster, else in bfloat16 if that is.
  init(_ dense: Dense, activation: Activation = .identity, _ context: ExecutionContext) {
    kernels = context.kernels
    let (outputs, inputs) = (dense.weight.shape[0], dense.weight.count / dense.weight.shape[0])
    (self.outputs, self.inputs) = (outputs, inputs)
    let (values, bias) = (dense.weight.values.span, dense.bias?.values)
    if context.usesBytes, inputs % 4 == 0, min(inputs, outputs) >= Self.leastByteWidth,
      kernels.bytesAreFaster(inputs: inputs, outputs: outputs)
    {
      weights = .bytes(kernels.byteLayer(values, outputs: outputs, bias: bias, activation: activation))
    } else if context.usesBytes, inputs % 2 == 0, kernels.hasFastHalves {
      weights = .halves(kernels.halfLayer(values, outputs: outputs, bias: bias, activation: activation))
    } else {
      weights = .floats(kernels.layer(values, outputs: outputs, bias: bias, activation: activation))
    }
  }

  /// Lays out weights, outputs x inputs.
  ///
  /// - Parameter inBytes: Whether they may be in bytes; they are where the context uses bytes.
  init(
    _ weights: Span<Float>, outputs: Int, bias: [Float]? = nil, activation: Activation = .identity,
    inBytes: Bool, _ context: ExecutionContext
  ) {
    kernels = context.kernels
    self.outputs = outputs
    inputs = weights.count / outputs
    self.weights =
      inBytes && context.usesBytes
      ? .bytes(kernels.byteLayer(weights, outputs: outputs, bias: bias, activation: activation))
      : .floats(kernels.layer(weights, outputs: outputs, bias: bias, activation: activation))
  }

  /// Whether the weights are in 8 bits.
  var isInBytes: Bool {
    if case .bytes = weights { true } else { false }
  }

  /// Memory to code rows in.
  struct Scratch {
    fileprivate let bytes: Buffer<UInt8>
    fileprivate let codings: Buffer<Kernels.Coding>
    fileprivate let pairs: FloatBuffer

    /// For so many rows of so many values at most.
    init(rowCount: Int, width: Int) {
      bytes = Buffer(count: rowCount * width)
      codings = Buffer(count: rowCount)
      pairs = Buffer(count: rowCount * ((width + 1) / 2))
    }
  }

  /// `output = activation(addend + rows weightᵀ + bias)` for rows that lie behind one another.
  ///
  /// In bytes, each row is coded with a step of its own; in bfloat16, values are rounded. Sums are exact or float32.
  func callAsFunction(
    _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place,
    _ scratch: Scratch
  ) {
    code(rows, at: start, count, scratch)
    self(coded: scratch, rows, at: start, count, addend: addend, into: output)
  }

  /// Codes rows as the weights want them; nothing for floats. Products of the same form and inputs may share it.
  func code(_ rows: FloatBuffer, at start: Int = 0, _ count: Int, _ scratch: Scratch) {
    switch weights {
    case .floats: break
    case .halves: kernels.codeHalves(rows, at: start, count * inputs, into: scratch.pairs)
    case .bytes:
      kernels.codeRows(
        rows, at: start, rowCount: count, width: inputs, into: scratch.bytes, codings: scratch.codings)
    }
  }

  /// Normalizes rows and codes them, in one go where that is possible.
  ///
  /// - Parameter normalized: Where the normalized rows go if floats are needed.
  func normalizeAndCode(
    _ rows: FloatBuffer, _ count: Int, _ norm: FusedNorm, into normalized: FloatBuffer, _ scratch: Scratch
  ) {
    if case .bytes = weights, norm.isPlain, inputs % 16 == 0 {
      kernels.layerNormAndCode(
        rows, at: 0, rowCount: count, width: inputs, epsilon: norm.epsilon, into: scratch.bytes,
        codings: scratch.codings)
    } else {
      norm(rows, at: 0, count, width: inputs, into: normalized, at: 0)
      code(normalized, count, scratch)
    }
  }

  /// The product with rows that were coded, or with floats where nothing is.
  func callAsFunction(
    coded: Scratch, _ rows: FloatBuffer, at start: Int = 0, _ count: Int, addend: Kernels.Place? = nil,
    into output: Kernels.Place
  ) {
    switch weights {
    case .floats(let layer):
      kernels.multiply(
        Kernels.Rows(rows, at: start, stride: inputs, runLength: inputs), count, by: layer, addend: addend,
        into: output)
    case .halves(let layer):
      kernels.multiplyHalves(
        Kernels.Rows(coded.pairs, stride: inputs / 2, runLength: inputs / 2), count, by: layer,
        addend: addend,
        into: output)
    case .bytes(let layer):
      kernels.multiply(
        Kernels.Rows(coded.bytes, stride: inputs, runLength: inputs), codings: coded.codings, count,
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
    case (.floats(let layer), .floats(let buffer)):
      kernels.multiply(window.rows(buffer), count, by: layer, addend: addend, into: output)
    case (.bytes(let layer), .bytes(let buffer, let coding)):
      kernels.multiply(window.rows(buffer), codings: coding, count, by: layer, addend: addend, into: output)
    default: preconditionFailure("weights and values in different forms")
    }
  }
}

/// What a convolution reads for some pixels of a line: `runCount` runs for each, `stride` from one to the next.
struct Window {
  var start: Int
  var stride: Int
  var runCount: Int
  var runLength: Int
  var runStride: Int

  func rows<Element>(_ buffer: Buffer<Element>) -> Kernels.Rows<Element> {
    Kernels.Rows(
      buffer, at: start, stride: stride, runCount: runCount, runLength: runLength, runStride: runStride)
  }
}

/// Values of one image for convolutions, as floats, or in bytes with one coding for all of them.
struct PaddedValues {
  enum Storage {
    case floats(FloatBuffer)
    case bytes(Buffer<UInt8>, Buffer<Kernels.Coding>)
  }

  let storage: Storage
  private let count: Int

  init(count: Int, inBytes: Bool) {
    self.count = count
    storage =
      inBytes ? .bytes(Buffer(count: count), Buffer([Kernels.Coding()])) : .floats(FloatBuffer(count: count))
    clear(0, count)
  }

  /// Floats in a buffer that is large enough.
  init(_ buffer: FloatBuffer, count: Int) {
    self.count = count
    storage = .floats(buffer)
    clear(0, count)
  }

  /// The floats, which these values must be.
  var buffer: FloatBuffer {
    guard case .floats(let buffer) = storage else { preconditionFailure("values are in bytes") }
    return buffer
  }

  /// Makes values 0.
  func clear(_ start: Int, _ length: Int) {
    switch storage {
    case .floats(let buffer): buffer.clear(start, length)
    case .bytes(let buffer, let coding): buffer.fill(start, length, with: coding[0].zero)
    }
  }

  /// Changes the coding, and all values to 0; nothing for floats.
  func restart(_ coding: @autoclosure () -> Kernels.Coding) {
    guard case .bytes(_, let codings) = storage else { return }
    codings[0] = coding()
    clear(0, count)
  }

  /// Copies values, coding them where they are bytes.
  func set(_ place: Int, from source: FloatBuffer, at start: Int, _ length: Int, _ kernels: Kernels) {
    switch storage {
    case .floats(let buffer): buffer.copy(to: place, from: source, at: start, length)
    case .bytes(let buffer, let coding):
      kernels.code(source, at: start, length, coding[0], into: buffer, at: place)
    }
  }

  /// Moves values within.
  func move(to place: Int, from start: Int, _ length: Int) {
    switch storage {
    case .floats(let buffer): buffer.copy(to: place, from: buffer, at: start, length)
    case .bytes(let buffer, _): buffer.copy(to: place, from: buffer, at: start, length)
    }
  }
}
