// Matrix products in bfloat16 with float32 sums.

internal import CSedgeKernels

extension Kernels {
  /// Whether ``multiplyBF16(_:_:by:addend:into:)`` is faster than float32.
  package var hasFastBF16: Bool { unsafe table.pointee.has_fast_bf16 != 0 }

  /// Packs a layer's weights as pairs of bfloat16; the number of inputs is even, and a pair counts as one input.
  package func bf16Layer(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation = .identity
  ) -> Layer {
    let inputs = weights.count / outputs
    precondition(inputs % 2 == 0)
    let pairs = FloatBuffer(count: outputs * inputs / 2)
    unsafe weights.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe table.pointee.round_to_bf16(base, source.count, pairs.address(0, pairs.count))
    }
    let packed = FloatBuffer(count: packedCount(outputs: outputs, inputs: inputs / 2))
    unsafe table.pointee.pack(
      pairs.address(0, pairs.count), outputs, inputs / 2, packed.address(0, packed.count))
    return Layer(
      weights: packed, outputs: outputs, inputs: inputs / 2, bias: bias.map { FloatBuffer($0) },
      activation: activation)
  }

  /// Rounds an even number of values to bfloat16, two in the memory of each float.
  package func roundToBF16(_ values: FloatBuffer, at start: Int, _ count: Int, into pairs: FloatBuffer) {
    precondition(count % 2 == 0)
    unsafe table.pointee.round_to_bf16(values.address(start, count), count, pairs.address(0, count / 2))
  }

  /// ``multiply(_:_:by:addend:into:)`` for rows and weights in pairs of bfloat16.
  package func multiplyBF16(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place? = nil, into output: Place
  ) {
    precondition(hasFastBF16)
    unsafe multiply(
      rows, rowCount, by: layer, addend: addend, into: output, with: table.pointee.multiply_bf16)
  }
}
