// The values of padded images.

import SedgeOperators

/// The values of one padded image: floats, rounded to bfloat16, or quantized with the same parameters for all of them.
struct PaddedValues {
  enum Storage {
    case float32(FloatBuffer)
    case bf16(Kernels.BF16Buffer)
    case int8(Buffer<UInt8>, Buffer<Kernels.AffineParameters>)
  }

  let storage: Storage
  private let count: Int

  /// Values in the number format of the product over them; floats where there is none.
  init(count: Int, for product: PackedLinear?) {
    self.count = count
    storage = product?.storage(count: count) ?? .float32(FloatBuffer(count: count))
    clear(0, count)
  }

  /// Floats in a buffer of at least `count` elements.
  init(_ buffer: FloatBuffer, count: Int) {
    self.count = count
    storage = .float32(buffer)
    clear(0, count)
  }

  /// The buffer; traps where the values are not floats.
  var buffer: FloatBuffer {
    guard case .float32(let buffer) = storage else { preconditionFailure("the values are not floats") }
    return buffer
  }

  /// Sets values to 0.
  func clear(_ start: Int, _ length: Int) {
    switch storage {
    case .float32(let buffer): buffer.clear(start, length)
    case .bf16(let buffer): buffer.clear(start, length)
    case .int8(let buffer, let affine): buffer.fill(start, length, with: affine[0].zero)
    }
  }

  /// Sets the quantization parameters and all values to 0; does nothing where they are not quantized.
  func restart(_ affine: @autoclosure () -> Kernels.AffineParameters) {
    guard case .int8(_, let affines) = storage else { return }
    affines[0] = affine()
    clear(0, count)
  }

  /// Copies values into the number format of these.
  func set(_ place: Int, from source: FloatBuffer, at start: Int, _ length: Int, _ kernels: Kernels) {
    switch storage {
    case .float32(let buffer): buffer.copy(to: place, from: source, at: start, length)
    case .bf16(let buffer): kernels.roundToBF16(source, at: start, length, into: buffer, at: place)
    case .int8(let buffer, let affine):
      kernels.quantize(source, at: start, length, affine[0], into: buffer, at: place)
    }
  }

  /// Moves values within the image.
  func move(to place: Int, from start: Int, _ length: Int) {
    switch storage {
    case .float32(let buffer): buffer.copy(to: place, from: buffer, at: start, length)
    case .bf16(let buffer): buffer.move(to: place, from: start, length)
    case .int8(let buffer, _): buffer.copy(to: place, from: buffer, at: start, length)
    }
  }
}
