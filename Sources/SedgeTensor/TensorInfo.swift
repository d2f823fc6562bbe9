// One entry of an archive's directory.

/// The name, type and shape of a tensor in an archive.
package struct TensorInfo: Hashable, Sendable {
  /// The name, with dots between its parts; unique in its archive.
  package let name: String
  /// The type of the stored elements.
  package let elementType: ElementType
  /// The extent of every dimension, outermost first; empty for a scalar.
  package let shape: [Int]
  /// The number of elements: the product of ``shape``, 1 for a scalar.
  package let elementCount: Int
  /// Bytes of the elements, row-major, without compression.
  package let byteCount: Int

  /// Describes a tensor.
  ///
  /// - Returns: `nil` where a dimension is negative or the byte count does not fit an `Int`.
  package init?(name: String, elementType: ElementType, shape: [Int]) {
    var count = 1
    var isEmpty = false
    for extent in shape {
      guard extent >= 0 else { return nil }
      if extent == 0 {
        isEmpty = true
        continue
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      count = product
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    if overflow { return nil }
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.elementCount = isEmpty ? 0 : count
    self.byteCount = isEmpty ? 0 : bytes
  }
}

extension TensorInfo {
  /// The extent of the outermost dimension, 1 for a scalar.
  package var rowCount: Int { shape.first ?? 1 }
  /// The elements of a row, a slice of the outermost dimension; 0 where there is no row.
  package var rowElementCount: Int { rowCount == 0 ? 0 : elementCount / rowCount }
  /// The bytes of a row.
  package var rowByteCount: Int { rowElementCount * elementType.byteCount }

  /// Makes sure that rows are rows of the tensor, and bytes those of the rows; a caller's mistake traps.
  package func require(_ rows: Range<Int>, of destination: borrowing MutableRawSpan) {
    precondition(!rows.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= rowCount)
    precondition(destination.byteCount == rows.count * rowByteCount)
  }
}

/// A shape as text: `128x3x4x4`, or `scalar`.
package func shapeText(_ shape: [Int]) -> String {
  shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x")
}
