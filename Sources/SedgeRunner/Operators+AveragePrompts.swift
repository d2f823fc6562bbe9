// Text features of several prompts for one class.

package import SedgeOperators
package import SedgeTensor

extension Operators {
  /// The mean of each class's prompt vectors, at length 1: T x P x D to T x 1 x D. A single vector is returned unchanged.
  package func averagePrompts(_ features: Tensor) -> Tensor {
    let (classes, prompts, width) = (features.shape[0], features.shape[1], features.shape[2])
    guard prompts > 1 else { return features }
    var means = Tensor(zeros: [classes, width])
    for index in 0..<classes {
      for i in 0..<width {
        let sum = (0..<prompts).reduce(0.0) {
          $0 + Double(features.values[(index * prompts + $1) * width + i])
        }
        means.values[index * width + i] = Float(sum / Double(prompts))
      }
    }
    return normalizeLength(means).reshaped([classes, 1, width])
  }
}
