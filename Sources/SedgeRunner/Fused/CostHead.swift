// The first rejection head, merged with the embedding of the cost map.

import SedgeOperators
import SedgeTensor

/// The convolution that embeds the cost map and the 3x3 convolution to one logit after it, merged into one convolution.
///
/// A class can then be rejected before its cost map is embedded, which is most of the cost of a rejected class. At the edges of the
/// image the 3x3 convolution reads zero padding instead of the embedding, so its taps beyond the edge are omitted there: nine
/// kernels, for the first, inner and last lines and columns.
struct CostHead {
  private let kernels: Kernels
  /// By line, then column: side x side x prompts weights and one bias.
  private let parts: [[(weights: FloatBuffer, bias: Float)]]
  private let side: Int

  /// - Parameters:
  ///   - embedding: O x K x K x prompts.
  ///   - head: 1 x 3 x 3 x O.
  init(_ embedding: Dense, _ head: Dense, _ kernels: Kernels) {
    self.kernels = kernels
    let kernel = embedding.weight.shape[1]
    side = kernel + 2
    let taps = [1...2, 0...2, 0...1]
    parts = taps.map { lines in
      taps.map { columns in Self.merged(embedding, head, lines: lines, columns: columns, side: kernel + 2) }
    }
  }

  /// The kernel and the bias from some lines and columns of the 3x3 convolution; products are summed in float64.
  private static func merged(
    _ embedding: Dense, _ head: Dense, lines: ClosedRange<Int>, columns: ClosedRange<Int>, side: Int
  ) -> (FloatBuffer, Float) {
    let (outputs, kernel, prompts) = (
      embedding.weight.shape[0], embedding.weight.shape[1], embedding.weight.shape[3]
    )
    var sums = [Double](repeating: 0, count: side * side * prompts)
    var bias = Double(head.bias?.values[0] ?? 0)
    let inner = embedding.weight.values.span
    for y in lines {
      for x in columns {
        for output in 0..<outputs {
          let factor = Double(head.weight.values[(y * 3 + x) * outputs + output])
          bias += factor * Double(embedding.bias?.values[output] ?? 0)
          for ky in 0..<kernel {
            let from = (output * kernel + ky) * kernel * prompts
            let to = ((y + ky) * side + x) * prompts
            for i in 0..<kernel * prompts { sums[to + i] += factor * Double(inner[from + i]) }
          }
        }
      }
    }
    return (FloatBuffer(sums.map { Float($0) }), Float(bias))
  }

  /// The logits of all classes: classes x height x width x 1; height and width at least 2.
  func scores(of costs: ClassPlanes, _ workers: Workers) -> Tensor {
    let (height, width) = (costs.height, costs.width)
    let output = FloatBuffer(count: costs.planes.count * height * width)
    let scratch = workers.scratch(for: costs.planes.count) {
      PaddedImage(height: height, width: width, channels: costs.channels, margin: side / 2)
    }
    workers.run(costs.planes.count) { worker, position in
      let padded = scratch[worker]
      padded.fill(from: costs[position], kernels)
      for y in 0..<height {
        let line = parts[y == 0 ? 0 : y == height - 1 ? 2 : 1]
        var rows = padded.window(y, kernel: side).rows(padded.values.buffer)
        let start = (position * height + y) * width
        for (columns, part) in zip([0..<1, 1..<width - 1, width - 1..<width], line) where !columns.isEmpty {
          rows.start = padded.window(y, kernel: side).start + columns.lowerBound * costs.channels
          kernels.dot(
            rows, columns.count, weights: part.weights, bias: part.bias, into: output,
            at: start + columns.lowerBound)
        }
      }
    }
    return Tensor(shape: [costs.planes.count, height, width, 1], values: output.values)
  }
}
