// The heads of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// A 3x3 convolution to one logit.
struct FusedHead {
  private let kernels: Kernels
  private let weights: FloatBuffer
  private let bias: Float
  private let channels: Int

  init(_ dense: Dense, _ kernels: Kernels) {
    self.kernels = kernels
    weights = FloatBuffer(dense.weight.values)
    bias = dense.bias?.values[0] ?? 0
    channels = dense.weight.shape[3]
  }

  /// The logits of the lines of a band.
  func run(_ lines: Range<Int>, of band: PaddedBand, into output: ImagePlace) {
    for (index, y) in lines.enumerated() {
      kernels.dot(
        band.window(index).rows(band.values.buffer), band.width, weights: weights, bias: bias,
        into: output.buffer, at: output.line(y))
    }
  }

  /// The logits of all classes, into planes of one channel.
  func run(_ x: ClassPlanes, into output: ClassPlanes, _ workers: Workers) {
    let scratch = workers.scratch(for: x.planes.count) {
      PaddedBand(height: x.height, width: x.width, channels: x.channels)
    }
    workers.run(x.planes.count) { worker, position in
      let (plane, target, band) = (x[position], output[position], scratch[worker])
      band.slide { line, place in
        band.values.set(place, from: plane.buffer, at: plane.line(line), plane.lineCount, kernels)
      } over: { lines in
        run(lines, of: band, into: target)
      }
    }
  }

  /// The logits of all classes: classes x height x width x 1.
  func scores(of x: ClassPlanes, _ workers: Workers) -> Tensor {
    let output = ClassPlanes(
      buffer: FloatBuffer(count: x.planes.count * x.height * x.width), planes: Array(x.planes.indices),
      height: x.height, width: x.width, channels: 1)
    run(x, into: output, workers)
    return output.tensor
  }
}
