// Category early rejection.

import SedgeOperators
package import SedgeTensor

/// Category early rejection: the classes among the k best of at least one pixel, ascending.
///
/// - Parameters:
///   - scores: T x H x W x 1. Among equal scores the class of lower index ranks higher. No score is greater than NaN, and NaN is
///     greater than no score.
///   - k: At least 1.
package func topClasses(_ scores: Tensor, k: Int) -> [Int] {
  let (classes, pixels) = (scores.shape[0], scores.count / scores.shape[0])
  precondition(k > 0)
  guard k < classes else { return Array(0..<classes) }
  let size = 32
  let parts = (pixels + size - 1) / size
  let isKept = Buffer([UInt8](repeating: 0, count: parts * classes))
  Workers().run(parts) { _, part in
    var values = [Float](repeating: 0, count: classes)
    var best: [Int] = []
    for pixel in part * size..<min((part + 1) * size, pixels) {
      for index in 0..<classes { values[index] = scores.values[index * pixels + pixel] }
      best.removeAll(keepingCapacity: true)
      var last = -Float.infinity
      for index in 0..<classes {
        let value = values[index]
        guard best.count < k || value > last else { continue }
        if best.count == k { best.removeLast() }
        best.insert(index, at: best.firstIndex { values[$0] < value } ?? best.count)
        last = values[best[best.count - 1]]
      }
      for index in best { isKept[part * classes + index] = 1 }
    }
  }
  return (0..<classes).filter { index in (0..<parts).contains { isKept[$0 * classes + index] == 1 } }
}
