// A matrix without its rows of zeros.

/// The rows of a matrix that are not all zeros, row-major.
struct KeptMatrix {
  var values: [Float]
  var rows: Int
  var columns: Int

  init(values: [Float], rows: Int, columns: Int) {
    precondition(values.count == rows * columns)
    (self.values, self.rows, self.columns) = (values, rows, columns)
  }

  /// Drops the rows of a matrix that are not to be kept.
  init(_ values: [Float], columns: Int, isRowKept: [Bool]) {
    guard isRowKept.contains(false) else {
      self.init(values: values, rows: isRowKept.count, columns: columns)
      return
    }
    let kept = isRowKept.indices.filter { isRowKept[$0] }
    self.init(
      values: kept.flatMap { values[$0 * columns..<($0 + 1) * columns] }, rows: kept.count, columns: columns)
  }

  /// The matrix of some of the columns.
  func columns(_ chosen: [Int]) -> KeptMatrix {
    var result: [Float] = []
    result.reserveCapacity(rows * chosen.count)
    for row in 0..<rows {
      for column in chosen { result.append(values[row * columns + column]) }
    }
    return KeptMatrix(values: result, rows: rows, columns: chosen.count)
  }

  /// The sum of the squared elements.
  var energy: Double { values.reduce(0.0) { $0 + Double($1) * Double($1) } }

  /// The sum of the squared differences of the elements from decoded ones.
  func squaredError(of decoded: [Float]) -> Double {
    precondition(decoded.count == values.count)
    var sum = 0.0
    for i in values.indices {
      let difference = Double(decoded[i]) - Double(values[i])
      sum += difference * difference
    }
    return sum
  }
}
