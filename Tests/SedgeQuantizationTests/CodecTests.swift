import SedgeQuantization
import Testing

@Test("float32 comes back as it was")
func exact() throws {
  let values: [Float] = [0, -0.0, 1.5, -3e38, 1e-45]
  let codec = CodecIdentifier.f32.codec
  #expect(try codec.decode(codec.encode(values, rows: 5, columns: 1), rows: 5, columns: 1) == values)
}
