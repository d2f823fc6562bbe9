// Quantization of activations to 8 bits.

internal import CSedgeKernels

extension Kernels {
  /// Affine quantization parameters: `x = scale * q + offset`, q = 0...255.
  package struct AffineParameters: BitwiseCopyable, Hashable, Sendable {
    package var scale: Float
    package var offset: Float

    /// By default every quantized value represents 0.
    package init(scale: Float = 0, offset: Float = 0) {
      self.scale = scale
      self.offset = offset
    }

    /// The quantized value of 0, which is exact; 0 for parameters of values that are not finite.
    package var zero: UInt8 {
      let quotient = (-offset / scale).rounded()
      return scale > 0 && quotient > 0 ? UInt8(min(quotient, 255)) : 0
    }
  }

  /// The memory of parameters as the C functions take it.
  func pointer(_ affines: Buffer<AffineParameters>, _ count: Int) -> UnsafeMutablePointer<sedge_affine> {
    unsafe UnsafeMutableRawPointer(affines.address(0, count)).assumingMemoryBound(to: sedge_affine.self)
  }

  // MARK: Parameters

  /// The parameters with the smallest scale that cover some values and 0.
  package func affineParameters(of values: FloatBuffer, at start: Int, _ count: Int) -> AffineParameters {
    var ends: [Float] = [0, 0]
    unsafe table.pointee.range(values.address(start, count), count, &ends)
    return affineParameters(from: ends[0], to: ends[1])
  }

  /// The parameters with the smallest scale that cover `least`, at most 0, and `most`, at least 0.
  package func affineParameters(from least: Float, to most: Float) -> AffineParameters {
    let affine = unsafe table.pointee.affine_for(least, most)
    return AffineParameters(scale: affine.scale, offset: affine.offset)
  }

  /// Extends `least` and `most`, one of each for every channel, to cover all pixels; channels are a multiple of 16.
  package func widenRanges(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, least: FloatBuffer,
    most: FloatBuffer
  ) {
    precondition(channels % 16 == 0)
    unsafe table.pointee.channel_ranges(
      pixels.address(start, pixelCount * channels), pixelCount, channels, least.address(0, channels),
      most.address(0, channels))
  }

  // MARK: Values

  /// Quantizes values; values out of range are clamped.
  package func quantize(
    _ values: FloatBuffer, at start: Int, _ count: Int, _ affine: AffineParameters, into bytes: Buffer<UInt8>,
    at place: Int
  ) {
    unsafe table.pointee.quantize_values(
      values.address(start, count), count, sedge_affine(scale: affine.scale, offset: affine.offset),
      bytes.address(place, count))
  }

  /// Quantizes each row with the smallest scale that covers its values and 0.
  package func quantizeRows(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, into bytes: Buffer<UInt8>,
    affines: Buffer<AffineParameters>
  ) {
    unsafe table.pointee.quantize_rows(
      rows.address(start, rowCount * width), rowCount, width, bytes.address(0, rowCount * width),
      pointer(affines, rowCount))
  }

  /// Normalizes rows to mean 0 and variance 1 and quantizes each with the smallest scale that covers its values; the width
  /// is a multiple of 16.
  package func layerNormAndQuantize(
    _ rows: FloatBuffer, at start: Int, rowCount: Int, width: Int, epsilon: Float, into bytes: Buffer<UInt8>,
    affines: Buffer<AffineParameters>
  ) {
    precondition(width > 0 && width % 16 == 0)
    unsafe table.pointee.layer_norm_quantize(
      rows.address(start, rowCount * width), rowCount, width, epsilon, bytes.address(0, rowCount * width),
      pointer(affines, rowCount))
  }

  /// Quantizes `max(x * scale + shift, 0)`; channels are a multiple of 16, the offset is 0.
  package func scaleClampAndQuantize(
    _ pixels: FloatBuffer, at start: Int, pixelCount: Int, channels: Int, scale: FloatBuffer,
    shift: FloatBuffer, _ affine: AffineParameters, into bytes: Buffer<UInt8>, at place: Int
  ) {
    precondition(channels % 16 == 0 && affine.offset == 0)
    unsafe table.pointee.scale_relu_quantize(
      pixels.address(start, pixelCount * channels), pixelCount, channels, scale.address(0, channels),
      shift.address(0, channels), sedge_affine(scale: affine.scale, offset: 0),
      bytes.address(place, pixelCount * channels))
  }
}
