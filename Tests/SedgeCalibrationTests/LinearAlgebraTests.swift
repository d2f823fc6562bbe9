import SedgeCalibration
import SedgeOperators
import Testing

@Suite("Linear algebra")
struct LinearAlgebraTests {
  @Test(
    "Sums of products are the naive ones, whatever the processor", arguments: [1, 5, 31, 128, 130, 300],
    [1, 255, 257, 700])
  func moments(width: Int, count: Int) {
    let vectors = correlatedVectors(count, width: width, seed: 1)
    let expected = naiveMoment(vectors, width: width)
    let scale = expected.reduce(0) { max($0, abs($1)) }
    for algebra in LinearAlgebra.available {
      let sums = MomentSums(width: width, algebra: algebra)
      sums.add(FloatBuffer(vectors), count: count, Workers(count: 1))
      let moment = sums.secondMoment(Workers(count: 1))
      // At most 256 float32 sums are taken of a product, each of which may be off by half a unit in the last place.
      let bound = Double(min(count, 256)) * Double(Float.ulpOfOne) / 2 * scale
      let distance = zip(moment, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
      #expect(distance <= bound, "\(algebra.name)")
      let means = (0..<width).map { i in
        (0..<count).reduce(0.0) { $0 + Double(vectors[$1 * width + i]) } / Double(count)
      }
      #expect(sums.mean == means.map(Float.init))
      #expect(sums.count == count)
    }
  }

  @Test("Sums of products are the same bits on any number of threads")
  func momentThreads() {
    let vectors = FloatBuffer(correlatedVectors(600, width: 400, seed: 2))
    let moments = [1, 2, 5].map { threads in
      let (sums, workers) = (MomentSums(width: 400), Workers(count: threads))
      sums.add(vectors, count: 600, workers)
      return sums.secondMoment(workers)
    }
    #expect(moments[0] == moments[1] && moments[0] == moments[2])
  }

  @Test("No vectors have a mean and a moment of zeros")
  func noVectors() {
    let sums = MomentSums(width: 3)
    #expect(sums.mean == [0, 0, 0])
    #expect(sums.secondMoment(Workers(count: 1)) == [Float](repeating: 0, count: 9))
  }

  @Test("A matrix is the product of its factors", arguments: [1, 2, 63, 128, 129, 300])
  func factorization(count: Int) {
    let matrix = damped(correlatedMoment(width: count, seed: 3), width: count, damping: 0.01)
    let scale = matrix.reduce(0) { max($0, abs($1)) }
    for algebra in LinearAlgebra.available {
      let factored = Factorization(
        Buffer(matrix), count: count, floor: 1e-30, algebra: algebra, Workers(count: 2))
      let upper = factored.elements(0..<count, 0..<count)
      var distance = 0.0
      for i in 0..<count {
        for j in i..<count {
          let sum = (0...i).reduce(0.0) { sum, k in
            sum + (k == i ? 1 : upper[k * count + i]) * factored.diagonal[k]
              * (k == j ? 1 : upper[k * count + j])
          }
          distance = max(distance, abs(sum - matrix[i * count + j]))
        }
      }
      // Each element is a sum of as many products, none of which is larger than the largest element.
      #expect(distance <= 4 * Double(count) * Double.ulpOfOne * scale, "\(algebra.name)")
    }
  }
}
