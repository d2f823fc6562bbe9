import SedgeTensor
import Testing

@Test("Every binary16 converts to the float32 of the same value, and back")
func halfRoundTrip() {
  for bits in UInt16.min...UInt16.max {
    let value = floatFromHalf(bits)
    #if arch(arm64) || os(Linux)
      let expected = Float(Float16(bitPattern: bits))
      #expect(value == expected || (value.isNaN && expected.isNaN))
    #endif
    if !value.isNaN { #expect(halfFromFloat(value) == bits) }
  }
}

@Test(
  "Rounding to binary16 is to nearest, ties to even",
  arguments: [
    (Float(1) + 0x1p-11, Float(1)),  // a tie: down to even
    (Float(1) + 3 * 0x1p-11, Float(1) + 0x1p-9),  // a tie: up to even
    (65_519, 65_504), (65_520, .infinity), (-65_520, -.infinity),
    (0x1p-25, 0), (0x1p-25 * 1.01, 0x1p-24), (0x1p-14 * (1 - 0x1p-12), 0x1p-14),
  ])
func halfRounding(value: Float, expected: Float) {
  #expect(floatFromHalf(halfFromFloat(value)) == expected)
}

@Test("bfloat16 and float64 decode")
func otherFloats() {
  var one = [Float](repeating: 0, count: 1)
  var span = one.mutableSpan
  unsafe decodeFloats([UInt8]([0xC0, 0x3F]).span.bytes, elementType: .bfloat16, into: &span)
  #expect(span[0] == 1.5)
  let double = unsafe withUnsafeBytes(of: Double(0.1).bitPattern.littleEndian) { unsafe Array($0) }
  unsafe decodeFloats(double.span.bytes, elementType: .float64, into: &span)
  #expect(span[0] == Float(0.1))
}

@Test("A shape that does not fit memory is no tensor", arguments: [[-1], [Int.max, 2], [1 << 40, 1 << 40]])
func impossibleShapes(shape: [Int]) {
  #expect(TensorInfo(name: "x", elementType: .float32, shape: shape) == nil)
}

@Test("Permuting moves every element to its place")
func permutation() {
  let tensor = Tensor(shape: [2, 3, 4], values: (0..<24).map(Float.init))
  let moved = tensor.permuted([2, 0, 1])
  #expect(moved.shape == [4, 2, 3])
  for a in 0..<2 {
    for b in 0..<3 {
      for c in 0..<4 { #expect(moved.values[c * 6 + a * 3 + b] == tensor.values[a * 12 + b * 4 + c]) }
    }
  }
}
