// Matrix products in float32.

internal import CSedgeKernels
package import SedgeTensor

extension Kernels {
  /// Packed float32 weights with bias and activation.
  package struct Layer {
    package var weights: FloatBuffer
    package var outputs: Int
    package var inputs: Int
    package var bias: FloatBuffer?
    package var activation: Activation = .identity

    /// Takes weights from ``Kernels/packed(_:outputs:inputs:)``.
    package init(
      weights: FloatBuffer, outputs: Int, inputs: Int, bias: FloatBuffer? = nil,
      activation: Activation = .identity
    ) {
      (self.weights, self.outputs, self.inputs) = (weights, outputs, inputs)
      (self.bias, self.activation) = (bias, activation)
    }
  }

  /// Packs a layer's weights: `outputs` rows.
  package func layer(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation = .identity
  ) -> Layer {
    let inputs = weights.count / outputs
    return Layer(
      weights: packed(weights, outputs: outputs, inputs: inputs), outputs: outputs, inputs: inputs,
      bias: bias.map { FloatBuffer($0) }, activation: activation)
  }

  // MARK: Packing

  /// Packs `outputs` rows of `inputs` weights for ``multiply(_:_:by:addend:into:)``.
  package func packed(_ weights: Span<Float>, outputs: Int, inputs: Int) -> FloatBuffer {
    let result = FloatBuffer(count: packedCount(outputs: outputs, inputs: inputs))
    pack(weights, outputs: outputs, inputs: inputs, into: result)
    return result
  }

  /// The number of floats of packed weights.
  package func packedCount(outputs: Int, inputs: Int) -> Int {
    unsafe table.pointee.packed_count(outputs, inputs)
  }

  /// Packs weights into a buffer of at least ``packedCount(outputs:inputs:)`` floats.
  package func pack(
    _ weights: Span<Float>, outputs: Int, inputs: Int, into result: FloatBuffer, at place: Int = 0
  ) {
    precondition(weights.count == outputs * inputs)
    let target = unsafe result.address(place, packedCount(outputs: outputs, inputs: inputs))
    unsafe weights.withUnsafeBufferPointer {
      unsafe table.pointee.pack($0.baseAddress, outputs, inputs, target)
    }
  }

  /// A multiple of the outputs in a panel of packed weights, for every kernel set.
  private static var panelOutputs: Int { 32 }

  /// Packs weights on several threads.
  package func packed(_ weights: Tensor, outputs: Int, inputs: Int, _ workers: Workers) -> FloatBuffer {
    precondition(weights.count == outputs * inputs)
    let result = FloatBuffer(count: packedCount(outputs: outputs, inputs: inputs))
    let size = Self.panelOutputs * max(1, 1 << 16 / (Self.panelOutputs * inputs))
    workers.run((outputs + size - 1) / size) { _, item in
      let range = item * size..<min((item + 1) * size, outputs)
      let source = weights.values.span.extracting(range.lowerBound * inputs..<range.upperBound * inputs)
      let target = unsafe result.address(
        range.lowerBound * inputs, packedCount(outputs: range.count, inputs: inputs))
      unsafe source.withUnsafeBufferPointer {
        unsafe table.pointee.pack($0.baseAddress, range.count, inputs, target)
      }
    }
    return result
  }

  // MARK: Multiplication

  /// `output = activation(addend + rows weightᵀ + bias)`.
  ///
  /// - Parameter addend: May be the output itself.
  package func multiply(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place? = nil, into output: Place
  ) {
    unsafe multiply(rows, rowCount, by: layer, addend: addend, into: output, with: table.pointee.multiply)
  }

  /// ``multiply(_:_:by:addend:into:)`` with a C function for the layer's number format.
  func multiply(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place?, into output: Place,
    with function:
      @convention(c) (
        UnsafePointer<sedge_rows>?, Int, UnsafePointer<sedge_layer>?, UnsafeMutablePointer<Float>?, Int
      ) -> Void
  ) {
    precondition(rows.runCount * rows.runLength == layer.inputs)
    var rows = unsafe checked(rows, rowCount)
    var weights = unsafe sedge_layer(
      weights: layer.weights.address(0, packedCount(outputs: layer.outputs, inputs: layer.inputs)),
      outputs: layer.outputs, bias: layer.bias.map { unsafe $0.address(0, layer.outputs) },
      addend: addend.map { unsafe $0.address(rowCount, width: layer.outputs) },
      addend_stride: addend?.stride ?? 0, activation: layer.activation.kernelValue)
    unsafe function(
      &rows, rowCount, &weights, output.address(rowCount, width: layer.outputs), output.stride)
  }

  /// `output[i] = bias + row i . weights`: a layer of one output, with weights that are not packed.
  package func dot(
    _ rows: Rows<Float>, _ rowCount: Int, weights: FloatBuffer, bias: Float, into output: FloatBuffer,
    at start: Int
  ) {
    let inputs = rows.runCount * rows.runLength
    var rows = unsafe checked(rows, rowCount)
    unsafe table.pointee.dot(
      &rows, rowCount, weights.address(0, inputs), bias, output.address(start, rowCount))
  }
}

extension Activation {
  /// The kernels' constant for the activation.
  var kernelValue: Int32 {
    switch self {
    case .identity: Int32(SEDGE_IDENTITY)
    case .relu: Int32(SEDGE_RELU)
    case .gelu: Int32(SEDGE_GELU)
    case .quickGELU: Int32(SEDGE_QUICK_GELU)
    }
  }
}
