// Matrices made for tests, and plain ways to compute with them.

import TestSupport

/// Numbers in -1..<1, always the same for a seed.
func random(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(state: seed)
  return (0..<count).map { _ in Float.random(in: -1..<1, using: &generator) }
}

/// Vectors, one behind another, whose neighbouring components are alike and of unlike size.
func correlatedVectors(_ count: Int, width: Int, seed: UInt64) -> [Float] {
  var values = random(count * width, seed: seed)
  for row in 0..<count {
    for i in 1..<max(width, 1) where width > 1 {
      values[row * width + i] = 0.3 * values[row * width + i] + 0.95 * values[row * width + i - 1]
    }
    for i in 0..<width { values[row * width + i] *= 1 + Float(i * 7 % 13) }
  }
  return values
}

/// The mean of `x xᵀ`, in float64 from the first vector to the last.
func naiveMoment(_ vectors: [Float], width: Int) -> [Double] {
  let count = vectors.count / width
  var sums = [Double](repeating: 0, count: width * width)
  for row in 0..<count {
    for i in 0..<width {
      for j in 0..<width {
        sums[i * width + j] += Double(vectors[row * width + i]) * Double(vectors[row * width + j])
      }
    }
  }
  return sums.map { $0 / Double(count) }
}

/// The second moment of such vectors.
func correlatedMoment(width: Int, seed: UInt64) -> [Float] {
  naiveMoment(correlatedVectors(2 * width, width: width, seed: seed), width: width).map(Float.init)
}

/// tr(E M Eᵀ), term by term.
func naiveError(_ errors: [Double], _ moment: [Double], width: Int) -> Double {
  var sum = 0.0
  for start in stride(from: 0, to: errors.count, by: width) {
    for i in 0..<width {
      for j in 0..<width { sum += errors[start + i] * moment[i * width + j] * errors[start + j] }
    }
  }
  return sum
}

/// The matrix with a share of its mean diagonal added to the diagonal.
func damped(_ moment: [Float], width: Int, damping: Double) -> [Double] {
  var result = moment.map(Double.init)
  let mean = (0..<width).reduce(0) { $0 + result[$1 * width + $1] } / Double(width)
  for i in 0..<width { result[i * width + i] += damping * mean }
  return result
}
