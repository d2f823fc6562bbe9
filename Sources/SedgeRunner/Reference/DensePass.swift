// Segmentation by CLIP alone: the class of each pixel's embedding.

import SedgeArchitecture
import SedgeOperators
import SedgeTensor

/// CLIP's image encoder at every pixel, and the cosine of each pixel's embedding with each class.
///
/// A ConvNeXt is run as PixelCLIP runs it (Shin et al., "Towards Open-Vocabulary Semantic Segmentation Without Semantic Labels"), a
/// vision transformer as CAT-Seg does: the last block without its attention.
final class DensePass: ForwardPass {
  private let embed: (_ input: Tensor) -> Tensor
  private let operators: any Operators
  private let logitScale: Float

  /// - Parameter embed: The embedding of each pixel: 1 x R x R x 3 to 1 x h x w x D, not normalized.
  init(logitScale: Float, operators: any Operators, embed: @escaping (_ input: Tensor) -> Tensor) {
    self.logitScale = logitScale
    self.operators = operators
    self.embed = embed
  }

  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation {
    let embedding = times.measure("image encoder") { embed(input) }
    taps?.recordImages("embedding", embedding)
    let logits = times.measure("cost map") {
      var cost = operators.costMap(embedding, text: operators.averagePrompts(text))
      taps?.recordImages("cost_map", cost)
      let factor = exponential(logitScale)
      for i in cost.values.indices { cost.values[i] *= factor }
      return cost
    }
    taps?.recordScores("logits", logits)
    return times.measure("labels") { label(logits, height: height, width: width, taps: taps) }
  }

  func embedding(of input: Tensor) -> Tensor { embed(input) }

  /// The class with the highest logit at every pixel of the image, the first among equals, and its share of the softmax.
  private func label(_ logits: Tensor, height: Int, width: Int, taps: Taps?) -> Segmentation {
    let (classes, pixels) = (logits.shape[0], height * width)
    var labels = [Int32](repeating: 0, count: pixels)
    var best = [Float](repeating: -.infinity, count: pixels)
    let plane = { (index: Int) in
      self.operators.resize(
        logits.images(index..<index + 1), height: height, width: width, resampling: .halfPixel
      ).values
    }
    for index in 0..<classes {
      for (pixel, value) in plane(index).enumerated() where value > best[pixel] {
        (best[pixel], labels[pixel]) = (value, Int32(index))
      }
    }
    var sums = [Double](repeating: 0, count: pixels)
    for index in 0..<classes {
      for (pixel, value) in plane(index).enumerated() {
        sums[pixel] += Double(exponential(value - best[pixel]))
      }
    }
    if let taps, taps.wants("scores") {
      var scores = Tensor(zeros: [classes, height, width])
      for index in 0..<classes {
        let values = plane(index).enumerated().map { Float(Double(exponential($1 - best[$0])) / sums[$0]) }
        scores.setImages(index..<index + 1, Tensor(shape: [1, height, width], values: values))
      }
      taps.record("scores", scores)
    }
    taps?.record("labels", Tensor(shape: [height, width], values: labels.map { Float($0) }))
    return Segmentation(
      width: width, height: height, labels: labels, bestScores: sums.map { Float(1 / $0) },
      classes: Array(0..<classes), scoresAreNumbers: logits.values.allSatisfy { !$0.isNaN })
  }
}
