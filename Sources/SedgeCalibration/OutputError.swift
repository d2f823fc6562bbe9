// The output error of a layer with changed weights.

import SedgeOperators

/// The mean square of a layer's output error, summed over its outputs: tr(E H Eᵀ).
///
/// Computed as the sum of products of H with Eᵀ E, in which at most 256 products are summed in float32, all else in
/// float64.
///
/// - Parameters:
///   - weights: rows x n, row-major.
///   - decoded: The decoded weights, in the same layout.
///   - moment: H, the second moment of the layer's inputs: n x n, symmetric.
///   - threads: At least 1; `nil` for one on each processor. The result is the same bits for any number.
package func outputError(
  weights: [Float], decoded: [Float], moment: [Float], count n: Int, threads: Int? = nil
) -> Double {
  precondition(weights.count == decoded.count && n > 0 && weights.count % n == 0 && moment.count == n * n)
  let (workers, sums) = (Workers(count: threads), MomentSums(width: n))
  sums.add(FloatBuffer(zip(decoded, weights).map { $0 - $1 }), count: weights.count / n, workers)
  return sums.weightedSum(moment, workers)
}
