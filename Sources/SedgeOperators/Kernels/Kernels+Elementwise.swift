// Elementwise functions.

internal import CSedgeKernels

extension Kernels {
  /// Adds values to the elements at the same place of another buffer, or at `place`.
  package func add(
    _ values: FloatBuffer, at start: Int = 0, _ count: Int, to output: FloatBuffer, at place: Int? = nil
  ) {
    unsafe table.pointee.add(values.address(start, count), count, output.address(place ?? start, count))
  }

  /// `1 / (1 + e⁻ˣ)` in place.
  package func sigmoid(_ values: FloatBuffer, at start: Int, _ count: Int) {
    let place = unsafe values.address(start, count)
    unsafe table.pointee.sigmoid(place, count, place)
  }
}
