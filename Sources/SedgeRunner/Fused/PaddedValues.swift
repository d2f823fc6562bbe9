// The values of padded images.

import SedgeOperators

/// The values of one padded image, as floats, or quantized with the same parameters for all of them.
struct PaddedValues {
  enum Storage {
    case float32(FloatBuffer)
    case int8(Buffer<UInt8>, Buffer<Kernels.AffineParameters>)
  }

  let storage: Storage
  private let count: Int

  init(count: Int, isInt8: Bool) {
    self.count = count
    storage =
      isInt8
      ? .int8(Buffer(count: count), Buffer([Kernels.AffineParameters()]))
      : .float32(FloatBuffer(count: count))
    clear(0, count)
  }

  /// Floats in a buffer of at least `count` elements.
  init(_ buffer: FloatBuffer, count: Int) {
    self.count = count
    storage = .float32(buffer)
    clear(0, count)
  }

  /// The buffer; traps where the values are quantized.
  var buffer: FloatBuffer {
    guard case .float32(let buffer) = storage else { preconditionFailure("the values are quantized") }
    return buffer
  }

  /// Sets values to 0.
  func clear(_ start: Int, _ length: Int) {
    switch storage {
    case .float32(let buffer): buffer.clear(start, length)
    case .int8(let buffer, let affine): buffer.fill(start, length, with: affine[0].zero)
    }
  }

  /// Sets the quantization parameters and all values to 0; does nothing for floats.
  func restart(_ affine: @autoclosure () -> Kernels.AffineParameters) {
    guard case .int8(_, let affines) = storage else { return }
    affines[0] = affine()
    clear(0, count)
  }

  /// Copies values, quantizing them where these are quantized.
  func set(_ place: Int, from source: FloatBuffer, at start: Int, _ length: Int, _ kernels: Kernels) {
    switch storage {
    case .float32(let buffer): buffer.copy(to: place, from: source, at: start, length)
    case .int8(let buffer, let affine):
      kernels.quantize(source, at: start, length, affine[0], into: buffer, at: place)
    }
  }

  /// Moves values within the image.
  func move(to place: Int, from start: Int, _ length: Int) {
    switch storage {
    case .float32(let buffer): buffer.copy(to: place, from: buffer, at: start, length)
    case .int8(let buffer, _): buffer.copy(to: place, from: buffer, at: start, length)
    }
  }
}
