// Figures of any size as text.

import SedgeTensor
import Testing

@Test(
  "A number of any size has a text",
  arguments: [
    0, -0.0, Double.leastNonzeroMagnitude, -Double.leastNonzeroMagnitude, 2.2250738585072014e-308, 1e-9,
    0.00099999, 1, 999_999.999_999, 9.995e6, 1e15,
    1e300,
    1.79e308, -1.79e308, .infinity, -.infinity, .nan, Double(Int.max), Double(Int.min),
  ])
func figures(value: Double) throws {
  let text = figure(value)
  #expect(!text.isEmpty)
  guard value.isFinite, value != 0 else { return }
  let read = try #require(Double(text))
  #expect(abs(read - value) <= max(0.01 * abs(value), Double.leastNonzeroMagnitude), "\(text)")
}
