import SedgeTensor
import Testing

@Test(
  "Elements and bytes of a shape are counted",
  arguments: [
    ([], ElementType.float32, 1, 4), ([3], .float64, 3, 24), ([2, 3, 4], .bfloat16, 24, 48),
    ([0], .float32, 0, 0), ([5, 0, 7], .float32, 0, 0), ([Int.max], .uint8, .max, .max),
    ([1 << 31, 1 << 31], .int8, 1 << 62, 1 << 62), ([1 << 60], .float32, 1 << 60, 1 << 62),
  ] as [([Int], ElementType, Int, Int)])
func counts(shape: [Int], type: ElementType, elementCount: Int, byteCount: Int) throws {
  let info = try #require(TensorInfo(name: "a", elementType: type, shape: shape))
  #expect(info.elementCount == elementCount)
  #expect(info.byteCount == byteCount)
}

@Test(
  "A shape with a negative extent, or whose elements or bytes exceed Int, describes no tensor",
  arguments: [
    ([-1], ElementType.int8), ([-1, -1], .int8), ([0, -1], .int8), ([Int.min], .int8),
    ([Int.max, 2], .int8), ([1 << 32, 1 << 31], .int8), ([1 << 16, 1 << 16, 1 << 16, 1 << 15], .int8),
    ([1 << 62], .float16), ([1 << 61], .float32), ([1 << 60], .float64), ([Int.max], .float16),
    ([0, Int.max, Int.max], .int8),
  ] as [([Int], ElementType)])
func overflows(shape: [Int], type: ElementType) {
  #expect(TensorInfo(name: "a", elementType: type, shape: shape) == nil)
}
