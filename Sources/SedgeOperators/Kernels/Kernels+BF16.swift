// Matrix products in bfloat16 with float32 sums.

internal import CSedgeKernels
internal import CSedgeProcessor

extension Kernels {
  /// Whether there are instructions for products in bfloat16; other sets emulate them by float32 products of rounded values.
  package var hasBF16: Bool { bf16PerFloat > 1 }

  /// Whether products in bfloat16 are faster than in float32.
  package var isBF16Faster: Bool { hasBF16 && sedge_has_slow_bf16() == 0 }

  /// The number of bfloat16 values in the memory of a float.
  fileprivate var bf16PerFloat: Int { unsafe table.pointee.bf16_per_float }

  /// Values in bfloat16, in the layout of a kernel set. Places and lengths are in values, and even.
  package struct BF16Buffer: Sendable {
    fileprivate let floats: FloatBuffer
    fileprivate let valuesPerFloat: Int

    /// - Parameter floats: Its memory: a float for each value is enough for every kernel set.
    package init(_ floats: FloatBuffer, _ kernels: Kernels) {
      self.floats = floats
      valuesPerFloat = kernels.bf16PerFloat
    }

    /// Allocates memory for an even number of values.
    package init(count: Int, _ kernels: Kernels) {
      self.init(FloatBuffer(count: count / kernels.bf16PerFloat), kernels)
    }

    /// Sets values to 0.
    package func clear(_ start: Int, _ length: Int) { floats.clear(place(start), place(length)) }

    /// Moves values within the buffer.
    package func move(to start: Int, from place: Int, _ length: Int) {
      floats.copy(to: self.place(start), from: floats, at: self.place(place), self.place(length))
    }

    /// A place or a length in floats.
    fileprivate func place(_ value: Int) -> Int {
      precondition(value % valuesPerFloat == 0)
      return value / valuesPerFloat
    }
  }

  /// Packed bfloat16 weights with bias and activation.
  package struct BF16Layer {
    fileprivate let layer: Layer
  }

  /// Rounds and packs a layer's weights; the number of inputs is even.
  package func bf16Layer(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation = .identity
  ) -> BF16Layer {
    let inputs = weights.count / outputs
    precondition(inputs % 2 == 0)
    let rounded = BF16Buffer(count: outputs * inputs, self)
    unsafe weights.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe table.pointee.round_to_bf16(base, source.count, rounded.floats.address(0, rounded.floats.count))
    }
    let packedInputs = rounded.place(inputs)
    let packed = FloatBuffer(count: packedCount(outputs: outputs, inputs: packedInputs))
    unsafe table.pointee.pack(
      rounded.floats.address(0, rounded.floats.count), outputs, packedInputs, packed.address(0, packed.count))
    return BF16Layer(
      layer: Layer(
        weights: packed, outputs: outputs, inputs: packedInputs, bias: bias.map { FloatBuffer($0) },
        activation: activation))
  }

  /// Rounds values to the nearest bfloat16, ties to even.
  package func roundToBF16(
    _ values: FloatBuffer, at start: Int, _ count: Int, into rounded: BF16Buffer, at place: Int = 0
  ) {
    unsafe table.pointee.round_to_bf16(
      values.address(start, count), count,
      rounded.floats.address(rounded.place(place), rounded.place(count)))
  }

  /// ``multiply(_:_:by:addend:into:)`` for rows and weights in bfloat16.
  ///
  /// - Parameters:
  ///   - start, stride, runCount, runLength, runStride: As of ``Rows``, in values.
  package func multiply(
    _ values: BF16Buffer, at start: Int = 0, stride: Int, runCount: Int = 1, runLength: Int,
    runStride: Int = 0, _ rowCount: Int, by layer: BF16Layer, addend: Place? = nil, into output: Place
  ) {
    let rows = Rows(
      values.floats, at: values.place(start), stride: values.place(stride), runCount: runCount,
      runLength: values.place(runLength), runStride: values.place(runStride))
    unsafe multiply(
      rows, rowCount, by: layer.layer, addend: addend, into: output, with: table.pointee.multiply_bf16)
  }
}
