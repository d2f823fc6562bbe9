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
    let rows = Interpolation.table(from: logits.shape[1], to: height, .halfPixel)
    let columns = Interpolation.table(from: logits.shape[2], to: width, .halfPixel)
    let labels = Buffer([Int32](repeating: 0, count: pixels))
    let best = Buffer([Float](repeating: 0, count: pixels))
    let scores = taps?.wants("scores") == true ? Buffer([Float](repeating: 0, count: classes * pixels)) : nil
    let places = logits.shape[1] * logits.shape[2]
    Workers().run(height) { _, y in
      let (row, source) = (rows[y], logits.values.span)
      let (upper, lower) = (row.lower * logits.shape[2], row.upper * logits.shape[2])
      var values = [Float](repeating: 0, count: classes)
      for (x, column) in columns.enumerated() {
        var (label, largest) = (0, -Float.infinity)
        for index in 0..<classes {
          let plane = index * places
          let above =
            source[plane + upper + column.lower] * (1 - column.weight)
            + source[plane + upper + column.upper] * column.weight
          let below =
            source[plane + lower + column.lower] * (1 - column.weight)
            + source[plane + lower + column.upper] * column.weight
          values[index] = above * (1 - row.weight) + below * row.weight
          if values[index] > largest { (label, largest) = (index, values[index]) }
        }
        let sum = values.reduce(0.0) { $0 + Double(exponential($1 - largest)) }
        labels[y * width + x] = Int32(label)
        best[y * width + x] = Float(1 / sum)
        guard let scores else { continue }
        for index in 0..<classes {
          scores[index * pixels + y * width + x] = Float(Double(exponential(values[index] - largest)) / sum)
        }
      }
    }
    if let scores {
      taps?.record("scores", Tensor(shape: [classes, height, width], values: scores.values))
    }
    taps?.record("labels", Tensor(shape: [height, width], values: labels.values.map { Float($0) }))
    return Segmentation(
      width: width, height: height, labels: labels.values, bestScores: best.values,
      classes: Array(0..<classes), scoresAreNumbers: logits.values.allSatisfy { !$0.isNaN })
  }
}
