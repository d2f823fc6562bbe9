// CLIP alone as a segmentation model.

import SedgeArchitecture
import SedgeFolding
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

@Suite("CLIP at every pixel")
struct DensePassTests {
  private static let pixels = (0..<40 * 56 * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 15) }

  /// Bilinear interpolation with half-pixel centres, of one plane.
  private static func enlarged(_ plane: [Double], side: Int, y: Int, x: Int, height: Int, width: Int)
    -> Double
  {
    let place = { (i: Int, size: Int) -> (Int, Int, Double) in
      let at = max(0, (Double(i) + 0.5) * Double(side) / Double(size) - 0.5)
      let lower = min(Int(at), side - 1)
      return (lower, min(lower + 1, side - 1), at - Double(lower))
    }
    let (top, bottom, v) = place(y, height)
    let (left, right, h) = place(x, width)
    let line = { (row: Int) in plane[row * side + left] * (1 - h) + plane[row * side + right] * h }
    return line(top) * (1 - v) + line(bottom) * v
  }

  @Test(
    "Each pixel has the class with the highest cosine to its embedding, and its share of the softmax",
    arguments: [false, true])
  func labels(isTransformer: Bool) throws {
    let text = Architecture.TextEncoder(width: 8, heads: 2, layers: 1, contextLength: 8, vocabularySize: 20)
    let image: Architecture.ImageEncoder =
      isTransformer
      ? .transformer(
        Architecture.VisionTransformer(width: 16, heads: 2, layers: 3, patch: 8, grid: 4, embeddingWidth: 6))
      : .convNeXt(
        Architecture.ConvNeXt(
          depths: [1, 1, 1, 1], widths: [8, 8, 16, 16], head: .linear, embeddingWidth: 6))
    let weights = RandomWeights(Architecture(image: image, text: text, segmenter: nil))
    let features = Tensor(
      shape: [3, 1, 6],
      values: (0..<3).flatMap { row in
        (0..<6).map { $0 == row || $0 == row + 3 ? Float(0.5).squareRoot() : 0 }
      })
    let preprocessing = Preprocessing(resolution: 64, topK: nil)
    var results: [[Int32]] = []
    for compute in [Compute(.reference), Compute()] {
      let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
      let taps = Taps()
      let segmentation = model.segment(
        pixels: Self.pixels, height: 40, width: 56, textFeatures: features, topK: nil, taps: taps)
      let embedding = try #require(taps["embedding"])
      let side = embedding.shape[2]
      #expect(embedding.shape == [1, 6, side, side] && side == (isTransformer ? 8 : 2))
      let logits = (0..<3).map { index in
        (0..<side * side).map { place -> Double in
          let vector = (0..<6).map { Double(embedding.values[$0 * side * side + place]) }
          let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
          let cosine =
            (0..<6).reduce(0.0) { $0 + vector[$1] * Double(features.values[index * 6 + $1]) } / length
          return cosine * exponential(Double(weights.logitScale ?? 0))
        }
      }
      let scores = try #require(taps["scores"])
      #expect(scores.shape == [3, 40, 56])
      for y in 0..<40 {
        for x in 0..<56 {
          let values = logits.map { Self.enlarged($0, side: side, y: y, x: x, height: 40, width: 56) }
          let powers = values.map { exponential($0) }
          let shares = powers.map { $0 / powers.reduce(0, +) }
          let label = Int(segmentation.labels[y * 56 + x])
          #expect(shares[label] >= (shares.max() ?? 1) - 1e-5)
          #expect(abs(Double(segmentation.bestScores[y * 56 + x]) - shares[label]) < 1e-4)
          #expect(abs(Double(scores.values[(label * 40 + y) * 56 + x]) - shares[label]) < 1e-4)
        }
      }
      results.append(segmentation.labels)
    }
    let equal = zip(results[0], results[1]).count { $0 == $1 }
    #expect(equal >= results[0].count - 2)
  }

  private func exponential(_ value: Double) -> Double { Double(SedgeOperators.exponential(Float(value))) }
}
