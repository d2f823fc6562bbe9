// The C kernels with bounds checked: every call knows how much memory it may touch.

internal import CSedgeKernels
package import SedgeTensor

/// A set of kernels for one kind of processor.
///
/// Layouts are those of ``Operators``; places in buffers and strides count elements. What lies outside of a buffer
/// traps. A row's result does not depend on which other rows are computed with it.
@safe package struct Kernels: @unchecked Sendable {
  private let table: UnsafePointer<sedge_kernels>

  /// The sets that this processor can run, best first.
  package static let available: [Kernels] = {
    var sets: [Kernels] = []
    while let table = unsafe sedge_available_kernels(sets.count) { sets.append(unsafe Kernels(table: table)) }
    return sets
  }()

  /// Such as `avx512-bf16`, `avx512`, `avx2`, `neon-i8mm`, `neon-dotprod`, `neon` or `portable`; see ``KernelSet/chosen()``.
  package var name: String { unsafe String(cString: table.pointee.name) }

  /// Rows to be multiplied: row i reads `runCount` runs of `runLength` values, `runStride` apart, the first at
  /// `start + i * stride`.
  ///
  /// One run is a linear layer; a K x K convolution is K runs, one for each line of its kernel.
  package struct Rows<Element: BitwiseCopyable & Sendable> {
    package var buffer: Buffer<Element>
    package var start: Int
    package var stride: Int
    package var runCount: Int
    package var runLength: Int
    package var runStride: Int

    package init(
      _ buffer: Buffer<Element>, at start: Int = 0, stride: Int, runCount: Int = 1, runLength: Int,
      runStride: Int = 0
    ) {
      (self.buffer, self.start, self.stride) = (buffer, start, stride)
      (self.runCount, self.runLength, self.runStride) = (runCount, runLength, runStride)
    }

    /// Where the first row begins, all that the rows read being in the buffer.
    fileprivate func address(_ rowCount: Int) -> UnsafeMutablePointer<Element> {
      precondition(rowCount > 0 && stride >= 0 && runCount > 0 && runStride >= 0)
      return unsafe buffer.address(start, (rowCount - 1) * stride + (runCount - 1) * runStride + runLength)
    }
  }

  private func call(_ rows: Rows<Float>, _ rowCount: Int) -> sedge_rows {
    unsafe sedge_rows(
      first: rows.address(rowCount), stride: rows.stride, run_count: rows.runCount,
      run_length: rows.runLength,
      run_stride: rows.runStride)
  }

  /// A place in a buffer where rows begin.
  package struct Place {
    package var buffer: FloatBuffer
    package var start: Int
    package var stride: Int

    package init(_ buffer: FloatBuffer, at start: Int = 0, stride: Int) {
      (self.buffer, self.start, self.stride) = (buffer, start, stride)
    }

    func address(_ rowCount: Int, width: Int) -> UnsafeMutablePointer<Float> {
      unsafe buffer.address(start, (rowCount - 1) * stride + width)
    }
  }

  // MARK: Products

  /// Lays out `outputs` rows of `inputs` weights for ``multiply(_:_:by:bias:addend:activation:into:)``.
  package func packed(_ weights: Span<Float>, outputs: Int, inputs: Int) -> FloatBuffer {
    let result = FloatBuffer(count: packedCount(outputs: outputs, inputs: inputs))
    pack(weights, outputs: outputs, inputs: inputs, into: result)
    return result
  }

  /// Floats of laid out weights.
  package func packedCount(outputs: Int, inputs: Int) -> Int {
    unsafe table.pointee.packed_count(outputs, inputs)
  }

  /// Lays out weights into a buffer of at least ``packedCount(outputs:inputs:)``.
  package func pack(_ weights: Span<Float>, outputs: Int, inputs: Int, into result: FloatBuffer) {
    precondition(weights.count == outputs * inputs)
    let target = unsafe result.address(0, packedCount(outputs: outputs, inputs: inputs))
    unsafe weights.withUnsafeBufferPointer {
      unsafe table.pointee.pack($0.baseAddress, outputs, inputs, target)
    }
  }

  /// Outputs of which a multiple begins a panel of laid out weights, whatever the set.
  private static var panelOutputs: Int { 32 }

  /// Lays out weights on several threads.
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

  /// `output = activation(addend + rows weightᵀ + bias)`.
  ///
  /// - Parameters:
  ///   - weights: Laid out by ``packed(_:outputs:inputs:)``.
  ///   - addend: May be the output itself.
  package func multiply(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place? = nil, into output: Place
  ) {
    unsafe multiply(rows, rowCount, by: layer, addend: addend, into: output, with: table.pointee.multiply)
  }

  private func multiply(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place?, into output: Place,
    with function:
      @convention(c) (
        UnsafePointer<sedge_rows>?, Int, UnsafePointer<sedge_layer>?, UnsafeMutablePointer<Float>?, Int
      ) -> Void
  ) {
    precondition(rows.runCount * rows.runLength == layer.inputs)
    var checked = unsafe call(rows, rowCount)
    var call = unsafe sedge_layer(
      weights: layer.weights.address(
        0, packedCount(outputs: layer.outputs, inputs: layer.inputs)),
      outputs: layer.outputs, bias: layer.bias.map { unsafe $0.address(0, layer.outputs) },
      addend: addend.map { unsafe $0.address(rowCount, width: layer.outputs) },
      addend_stride: addend?.stride ?? 0, activation: layer.activation.kernelValue)
    unsafe function(
      &checked, rowCount, &call, output.address(rowCount, width: layer.outputs), output.stride)
  }

  /// Laid out weights and what follows the product.
  package struct Layer {
    package var weights: FloatBuffer
    package var outputs: Int
    package var inputs: Int
    package var bias: FloatBuffer?
    package var activation: Activation = .identity

    /// Takes what ``Kernels/packed(_:outputs:inputs:)`` made.
    package init(
      weights: FloatBuffer, outputs: Int, inputs: Int, bias: FloatBuffer? = nil,
      activation: Activation = .identity
    ) {
      (self.weights, self.outputs, self.inputs) = (weights, outputs, inputs)
      (self.bias, self.activation) = (bias, activation)
    }
  }

  /// Lays out a layer's weights.
  package func layer(
    _ weights: Span<Float>, outputs: Int, bias: [Float]?, activation: Activation = .identity
  ) -> Layer {
    let inputs = weights.count / outputs
    return Layer(
      weights: packed(weights, outputs: outputs, inputs: inputs), outputs: outputs, inputs: inputs,
      bias: bias.map { FloatBuffer($0) }, activation: activation)
  }

  /// Whether products of bfloat16 are faster than those of float32.
  package var hasFastBF16: Bool { unsafe table.pointee.has_fast_bf16 != 0 }

  /// Lays out a layer's weights as pairs of bfloat16, an even number of inputs; a pair counts as one input.
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

  /// Rounds values, an even number of them, to bfloat16; pairs take the place of floats.
  package func roundToBF16(_ values: FloatBuffer, at start: Int, _ count: Int, into pairs: FloatBuffer) {
    precondition(count % 2 == 0)
    unsafe table.pointee.round_to_bf16(values.address(start, count), count, pairs.address(0, count / 2))
  }

  /// As ``multiply(_:_:by:addend:into:)``, for rows and weights of pairs of bfloat16; sums are float32.
  package func multiplyBF16(
    _ rows: Rows<Float>, _ rowCount: Int, by layer: Layer, addend: Place? = nil, into output: Place
  ) {
    precondition(hasFastBF16)
    unsafe multiply(
      rows, rowCount, by: layer, addend: addend, into: output, with: table.pointee.multiply_bf16)
  }

  /// `output[i] = bias + row i . weights`: a layer of one output.
  package func dot(
    _ rows: Rows<Float>, _ rowCount: Int, weights: FloatBuffer, bias: Float, into output: FloatBuffer,
    at start: Int
  ) {
    var checked = unsafe call(rows, rowCount)
    unsafe table.pointee.dot(
      &checked, rowCount, weights.address(0, rows.runCount * rows.runLength), bias,
      output.address(start, rowCount))
  }

  // MARK: The rest

  /// One line of a depthwise convolution, stride 1, zero padding.
  ///
  /// - Parameters:
  ///   - image: height x width x channels, from `start` on.
  ///   - weights: kernel x kernel x channels, the kernel odd.
  ///   - output: width x channels, from `place` on.
  package func depthwiseLine(
    _ y: Int, of image: FloatBuffer, at start: Int, height: Int, width: Int, channels: Int, kernel: Int,
    weights: FloatBuffer, bias: FloatBuffer, into output: FloatBuffer, at place: Int
  ) {
    precondition((0..<height).contains(y) && kernel % 2 == 1)
    unsafe table.pointee.depthwise_line(
      image.address(start, height * width * channels), height, width, channels, y, kernel,
      weights.address(0, kernel * kernel * channels), bias.address(0, channels),
      output.address(place, width * channels))
  }

  /// Normalizes rows of `width` values to mean 0 and variance 1, in float32.
  package func layerNorm(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, scale: FloatBuffer?, shift: FloatBuffer?,
    epsilon: Float, into output: FloatBuffer, at place: Int
  ) {
    unsafe table.pointee.layer_norm(
      rows.address(start, rowCount * width), rowCount, width, scale.map { unsafe $0.address(0, width) },
      shift.map { unsafe $0.address(0, width) }, epsilon, output.address(place, rowCount * width))
  }

  /// Count, mean and sum of squared deviations of each group of 16 channels.
  package struct GroupStatistics {
    fileprivate var values: [Double]

    /// Starts with no pixels.
    package init(channels: Int) { values = [Double](repeating: 0, count: channels / 16 * 3) }

    /// Forgets all pixels.
    package mutating func reset() { for i in values.indices { values[i] = 0 } }

    /// What a channel is multiplied with, and what is added, so that its group has mean 0 and variance 1.
    package func normalization(channel: Int, epsilon: Float, scale: Float, shift: Float) -> (Float, Float) {
      let (count, mean, squares) = (
        values[channel / 16 * 3], values[channel / 16 * 3 + 1], values[channel / 16 * 3 + 2]
      )
      let factor = Double(scale) / (squares / count + Double(epsilon)).squareRoot()
      return (Float(factor), Float(Double(shift) - mean * factor))
    }
  }

  /// Merges pixels into the statistics of their groups.
  package func gather(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int,
    into statistics: inout GroupStatistics
  ) {
    precondition(statistics.values.count == channels / 16 * 3 && channels % 16 == 0)
    unsafe statistics.values.withUnsafeMutableBufferPointer {
      unsafe table.pointee.group_statistics(
        pixels.address(start, pixelCount * channels), pixelCount, channels, $0.baseAddress)
    }
  }

  /// `max(x * scale + shift, 0)`, one scale and shift a channel.
  package func scaleAndClamp(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, scale: FloatBuffer,
    shift: FloatBuffer,
    into output: FloatBuffer, at place: Int
  ) {
    unsafe table.pointee.scale_relu(
      pixels.address(start, pixelCount * channels), pixelCount, channels, scale.address(0, channels),
      shift.address(0, channels), output.address(place, pixelCount * channels))
  }

  /// Floats that the sums of linear attention take for each pixel.
  package static func attentionSumCount(channels: Int, heads: Int) -> Int {
    channels + channels * (channels / heads)
  }

  /// Adds tokens to the sums of linear attention at each of some pixels.
  ///
  /// - Parameters:
  ///   - keyValue: Row `token * pixelCount + pixel`: channels keys, then as many values; changed.
  ///   - sums: ``attentionSumCount(channels:heads:)`` floats a pixel.
  package func gatherAttention(
    _ keyValue: FloatBuffer, tokenCount: Int, pixelCount: Int, channels: Int, heads: Int,
    into sums: FloatBuffer
  ) {
    unsafe table.pointee.attention_gather(
      keyValue.address(0, tokenCount * pixelCount * 2 * channels), tokenCount, pixelCount, channels, heads,
      sums.address(0, pixelCount * Self.attentionSumCount(channels: channels, heads: heads)))
  }

  /// `addend + (q · products) / (q · keys + 1e-6)` for each token, pixel and head; changes the queries.
  package func applyAttention(
    _ query: FloatBuffer, tokenCount: Int, pixelCount: Int, channels: Int, heads: Int, sums: FloatBuffer,
    addend: FloatBuffer, into output: FloatBuffer
  ) {
    let count = tokenCount * pixelCount * channels
    unsafe table.pointee.attention_apply(
      query.address(0, count), tokenCount, pixelCount, channels, heads,
      sums.address(0, pixelCount * Self.attentionSumCount(channels: channels, heads: heads)),
      addend.address(0, count), output.address(0, count))
  }

  /// Softmax attention of a row to the rows of its path, of which it is the last, head by head.
  ///
  /// - Parameters:
  ///   - rows: 3 width values each: queries, keys and values side by side.
  ///   - scale: What the products of queries and keys are multiplied by.
  ///   - scratch: At least as many floats as the path has rows.
  ///   - output: `width` values from `place` on.
  package func attend(
    _ rows: FloatBuffer, width: Int, heads: Int, path: [Int32], scale: Float, scratch: FloatBuffer,
    into output: FloatBuffer, at place: Int
  ) {
    guard let first = path.min(), let last = path.max() else { preconditionFailure("a row is on its path") }
    precondition(first >= 0 && heads > 0 && width % heads == 0)
    unsafe table.pointee.attend(
      rows.address(0, (Int(last) + 1) * 3 * width), width, heads, path, path.count, scale,
      scratch.address(0, path.count), output.address(place, width))
  }

  /// Adds values to those at the same place of another buffer.
  package func add(_ values: FloatBuffer, at start: Int = 0, _ count: Int, to output: FloatBuffer) {
    unsafe table.pointee.add(values.address(start, count), count, output.address(start, count))
  }

  /// `1 / (1 + e⁻ˣ)` in place.
  package func sigmoid(_ values: FloatBuffer, at start: Int, _ count: Int) {
    let place = unsafe values.address(start, count)
    unsafe table.pointee.sigmoid(place, count, place)
  }

  /// How a line is widened: for every pixel the two columns it mixes, ascending, and the share of the right one.
  package struct Widening {
    let left: [Int32]
    let right: [Int32]
    let share: [Float]
    let width: Int

    /// - Parameters:
    ///   - columns: For every pixel left column, right column, share.
    ///   - width: Of the line that is widened.
    package init(columns: [(Int, Int, Float)], width: Int) {
      precondition(columns.allSatisfy { (0..<width).contains($0.0) && (0..<width).contains($0.1) })
      precondition(zip(columns, columns.dropFirst()).allSatisfy { $0.0 <= $1.0 && $0.1 <= $1.1 })
      left = columns.map { Int32($0.0) }
      right = columns.map { Int32($0.1) }
      share = columns.map(\.2)
      self.width = width
    }
  }

  /// Mixes two lines of a class's scores, widens the line, and keeps the best class of every pixel.
  ///
  /// - Parameters:
  ///   - weight: Share of the lower line.
  ///   - best, labels: One a pixel of the widened line, from `start` on; a class must score more than the best to take its place.
  ///   - scratch: At least as many floats as a line has.
  package func keepBest(
    upper: Int, lower: Int, of scores: FloatBuffer, weight: Float, widening: Widening, classIndex: Int,
    best: FloatBuffer, labels: Buffer<Int32>, at start: Int, scratch: FloatBuffer
  ) {
    let count = widening.share.count
    unsafe table.pointee.label_line(
      scores.address(upper, widening.width), scores.address(lower, widening.width), weight, widening.width,
      widening.left, widening.right, widening.share, count, Int32(classIndex), best.address(start, count),
      labels.address(start, count), scratch.address(0, widening.width))
  }

  // MARK: Bytes

  /// Whether products of bytes can be faster than those of float32.
  package var hasFastInt8: Bool { unsafe table.pointee.least_int8_width > 0 }

  /// Whether a linear layer is faster in int8, quantization of its rows included: measured for each set, by the harmonic
  /// mean of inputs and outputs.
  package func isInt8Faster(inputs: Int, outputs: Int) -> Bool {
    let least = unsafe table.pointee.least_int8_width
    return least > 0 && 2 * inputs * outputs >= least * (inputs + outputs)
  }

  /// How bytes stand for numbers: `x = scale * byte + offset`.
  package struct AffineParameters: BitwiseCopyable, Hashable, Sendable {
    package var scale: Float
    package var offset: Float

    /// All bytes stand for 0, unless said otherwise.
    package init(scale: Float = 0, offset: Float = 0) {
      self.scale = scale
      self.offset = offset
    }

    /// The byte of 0, which is exact.
    package var zero: UInt8 { scale > 0 ? UInt8(clamping: Int((-offset / scale).rounded())) : 0 }
  }

  /// Weights in 8 bits, symmetric about 0, one scale an output, laid out for multiplication.
  package struct Int8Layer {
    fileprivate let weights: Buffer<Int8>
    fileprivate let scales: FloatBuffer
    fileprivate let sums: FloatBuffer
    fileprivate let bias: FloatBuffer?
    fileprivate let activation: Activation
    package let outputs: Int
    package let inputs: Int
  }

  /// Codes a layer's weights in 8 bits; `inputs` must be a multiple of 4, as must be the runs of the rows.
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

  /// Multiplies rows of bytes: integers exactly, then in float32.
  ///
  /// - Parameters:
  ///   - affines: One for each row, or one for all.
  ///   - addend: May be the output itself.
  package func multiply(
    _ rows: Rows<UInt8>, affines: Buffer<AffineParameters>, _ rowCount: Int, by layer: Int8Layer,
    addend: Place? = nil,
    into output: Place
  ) {
    precondition(rows.runCount * rows.runLength == layer.inputs && rows.runLength % 4 == 0)
    let isShared = affines.count == 1
    var call = unsafe sedge_int8_rows(
      first: rows.address(rowCount), stride: rows.stride, run_count: rows.runCount,
      run_length: rows.runLength,
      run_stride: rows.runStride, affines: pointer(affines, 0, isShared ? 1 : rowCount),
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

  private func pointer(_ affines: Buffer<AffineParameters>, _ start: Int, _ count: Int)
    -> UnsafeMutablePointer<
      sedge_affine
    >
  {
    unsafe UnsafeMutableRawPointer(affines.address(start, count)).assumingMemoryBound(to: sedge_affine.self)
  }

  /// Codes each row with the smallest step that holds its values and 0.
  package func quantizeRows(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, into bytes: Buffer<UInt8>,
    affines: Buffer<AffineParameters>
  ) {
    unsafe table.pointee.quantize_rows(
      rows.address(start, rowCount * width), rowCount, width, bytes.address(0, rowCount * width),
      pointer(affines, 0, rowCount))
  }

  /// Normalizes rows to mean 0 and variance 1 and codes each with the smallest step that holds its values; the width is
  /// a multiple of 16.
  package func layerNormAndQuantize(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, epsilon: Float, into bytes: Buffer<UInt8>,
    affines: Buffer<AffineParameters>
  ) {
    precondition(width > 0 && width % 16 == 0)
    unsafe table.pointee.layer_norm_quantize(
      rows.address(start, rowCount * width), rowCount, width, epsilon, bytes.address(0, rowCount * width),
      pointer(affines, 0, rowCount))
  }

  /// The parameters with the smallest step that holds some values and 0.
  package func affineParameters(of values: FloatBuffer, at start: Int, _ count: Int) -> AffineParameters {
    var ends: [Float] = [0, 0]
    unsafe table.pointee.range(values.address(start, count), count, &ends)
    return affineParameters(from: ends[0], to: ends[1])
  }

  /// Widens `least` and `most`, one of each a channel, so that they hold all pixels; channels are a multiple of 16.
  package func widenRanges(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, least: FloatBuffer,
    most: FloatBuffer
  ) {
    precondition(channels % 16 == 0)
    unsafe table.pointee.channel_ranges(
      pixels.address(start, pixelCount * channels), pixelCount, channels, least.address(0, channels),
      most.address(0, channels))
  }

  /// The parameters with the smallest step that holds `least`, at most 0, and `most`, at least 0.
  package func affineParameters(from least: Float, to most: Float) -> AffineParameters {
    let affine = unsafe table.pointee.affine_for(least, most)
    return AffineParameters(scale: affine.scale, offset: affine.offset)
  }

  /// Codes values; values out of range are clamped.
  package func quantize(
    _ values: FloatBuffer, at start: Int, _ count: Int, _ affine: AffineParameters, into bytes: Buffer<UInt8>,
    at place: Int
  ) {
    unsafe table.pointee.quantize_values(
      values.address(start, count), count, sedge_affine(scale: affine.scale, offset: affine.offset),
      bytes.address(place, count))
  }

  /// Codes `max(x * scale + shift, 0)`; channels are a multiple of 16, the offset is 0.
  package func scaleClampAndQuantize(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, scale: FloatBuffer,
    shift: FloatBuffer,
    _ affine: AffineParameters, into bytes: Buffer<UInt8>, at place: Int
  ) {
    precondition(channels % 16 == 0 && affine.offset == 0)
    unsafe table.pointee.scale_relu_quantize(
      pixels.address(start, pixelCount * channels), pixelCount, channels, scale.address(0, channels),
      shift.address(0, channels), sedge_affine(scale: affine.scale, offset: 0),
      bytes.address(place, pixelCount * channels))
  }

  /// Multiplies and adds in registers alone.
  ///
  /// - Returns: The floating-point operations done.
  func burn(rounds: Int) -> Double {
    var sink: [Float] = [1.0001, 0.9999, 0]
    return unsafe table.pointee.burn(rounds, &sink)
  }
}

extension Workers {
  /// Floating-point operations a second of all threads together, in registers alone: the limit of everything else.
  package func peak(_ kernels: Kernels) -> Double {
    let rounds = 400_000
    let pieces = 8 * count
    let start = ContinuousClock.now
    run(pieces) { _, _ in _ = kernels.burn(rounds: rounds) }
    let time = (ContinuousClock.now - start).components
    let operations = kernels.burn(rounds: 1) * Double(rounds * pieces)
    return operations / (Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
}

extension Kernels: Hashable {
  package static func == (a: Kernels, b: Kernels) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Activation {
  /// The kernels' word for it.
  fileprivate var kernelValue: Int32 {
    switch self {
    case .identity: Int32(SEDGE_IDENTITY)
    case .relu: Int32(SEDGE_RELU)
    case .gelu: Int32(SEDGE_GELU)
    }
  }
}
