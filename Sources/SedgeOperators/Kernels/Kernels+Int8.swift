// Matrix products in int8 with exact integer sums.

internal import CSedgeKernels

extension Kernels {
  /// Whether products in int8 can be faster than in float32.
  package var hasFastInt8: Bool { unsafe table.pointee.least_int8_width > 0 }

  /// Whether a linear layer is faster in int8, quantization of its rows included: measured for each kernel set, by the
  /// harmonic mean of inputs and outputs.
  package func isInt8Faster(inputs: Int, outputs: Int) -> Bool {
    let least = unsafe table.pointee.least_int8_width
    return least > 0 && 2 * inputs * outputs >= least * (inputs + outputs)
  }

  /// Packed int8 weights, symmetric about 0 with one scale for each output, with bias and activation.
  package struct Int8Layer {
    fileprivate let weights: Buffer<Int8>
    fileprivate let scales: FloatBuffer
    fileprivate let sums: FloatBuffer
    fileprivate let bias: FloatBuffer?
    fileprivate let activation: Activation
    package let outputs: Int
    package let inputs: Int
  }

  /// Quantizes and packs a layer's weights; `inputs` is a multiple of 4, as are the runs of the rows.
  package func int8Layer(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation = .identity
  ) -> Int8Layer {
    let inputs = weights.count / outputs
    precondition(inputs * outputs == weights.count && inputs % 4 == 0)
    let (scales, sums) = (FloatBuffer(count: outputs), FloatBuffer(count: outputs))
    let bytes = Buffer<Int8>(count: outputs * inputs)
    unsafe weights.withUnsafeBufferPointer {
      unsafe table.pointee.quantize_weights(
        $0.baseAddress, outputs, inputs, bytes.address(0, bytes.count), scales.address(0, outputs),
        sums.address(0, outputs))
    }
    let packed = unsafe Buffer<Int8>(count: table.pointee.packed_int8_count(outputs, inputs))
    unsafe table.pointee.pack_int8(
      bytes.address(0, bytes.count), outputs, inputs, packed.address(0, packed.count))
    return Int8Layer(
      weights: packed, scales: scales, sums: sums, bias: bias.map { FloatBuffer($0) }, activation: activation,
      outputs: outputs, inputs: inputs)
  }

  /// ``multiply(_:_:by:addend:into:)`` for quantized rows: exact integer sums, then scaled in float32.
  ///
  /// - Parameters:
  ///   - affines: Parameters for each row, or for all rows together.
  ///   - addend: May be the output itself.
  package func multiply(
    _ rows: Rows<UInt8>, affines: Buffer<AffineParameters>, _ rowCount: Int, by layer: Int8Layer,
    addend: Place? = nil, into output: Place
  ) {
    precondition(rows.runCount * rows.runLength == layer.inputs && rows.runLength % 4 == 0)
    let isShared = affines.count == 1
    var call = unsafe sedge_int8_rows(
      first: rows.address(rowCount), stride: rows.stride, run_count: rows.runCount,
      run_length: rows.runLength, run_stride: rows.runStride,
      affines: pointer(affines, isShared ? 1 : rowCount),
      affine_stride: isShared ? 0 : 1)
    var weights = unsafe sedge_int8_layer(
      weights: layer.weights.address(0, layer.weights.count), outputs: layer.outputs,
      scales: layer.scales.address(0, layer.outputs), sums: layer.sums.address(0, layer.outputs),
      bias: layer.bias.map { unsafe $0.address(0, layer.outputs) },
      addend: addend.map { unsafe $0.address(rowCount, width: layer.outputs) },
      addend_stride: addend?.stride ?? 0, activation: layer.activation.kernelValue)
    unsafe table.pointee.multiply_int8(
      &call, rowCount, &weights, output.address(rowCount, width: layer.outputs), output.stride)
  }
}
