// A layer of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// Feature aggregation over space and classes, then skip-layer fusion; computes the same function as `DecoderLayer`, with less
/// arithmetic.
struct FusedLayer {
  private let spatial: FusedBlock
  let attention: FusedClassBlock
  private let fusion: SkipLayerFusion

  /// The channels of the layer's output.
  var outputs: Int { fusion.outputs }

  init(_ layer: DecoderLayer, guidance: Dense, _ context: ExecutionContext) {
    spatial = FusedBlock(layer.spatial, context)
    attention = FusedClassBlock(layer.classes, context)
    fusion = SkipLayerFusion(layer.upsampling, guidance: guidance, context)
  }

  /// See ``SkipLayerFusion/guidanceTerm(_:_:)``.
  func guidanceTerm(_ stage: ImagePlace, _ pool: BufferPool) -> FloatBuffer {
    fusion.guidanceTerm(stage, pool)
  }

  /// The spatial aggregation, in place.
  func spread(_ x: ClassPlanes, _ workers: Workers, _ pool: BufferPool) {
    if x.planes.count < 4 * workers.count {
      spreadTogether(x, workers, pool)
    } else {
      spreadApart(x, workers)
    }
  }

  /// The spatial aggregation class by class, each in one worker's memory.
  private func spreadApart(_ x: ClassPlanes, _ workers: Workers) {
    let (pixels, size) = (x.height * x.width, spatial.pixelCount)
    let scratch = workers.scratch(for: x.planes.count) {
      (FloatBuffer(count: x.planeCount), spatial.scratch(pixelCount: size))
    }
    workers.run(x.planes.count) { worker, position in
      let source = x[position]
      var target = source
      (target.buffer, target.start) = (scratch[worker].0, 0)
      for first in stride(from: 0, to: pixels, by: size) {
        spatial.run(first..<min(first + size, pixels), of: source, into: target, scratch[worker].1)
      }
      x.buffer.copy(to: source.start, from: target.buffer, at: 0, source.count)
    }
  }

  /// The spatial aggregation of few classes: several workers share a class.
  private func spreadTogether(_ x: ClassPlanes, _ workers: Workers, _ pool: BufferPool) {
    let division = workers.division(
      items: x.planes.count, rows: x.height * x.width, size: spatial.pixelCount)
    var results = x
    (results.buffer, results.planes) = (
      pool.take(x.planes.count * x.planeCount), Array(x.planes.indices)
    )
    defer { pool.give(results.buffer) }
    let scratch = workers.scratch(for: division.count) { spatial.scratch(pixelCount: division.size) }
    workers.run(division) { [results] worker, position, pixels in
      spatial.run(pixels, of: x[position], into: results[position], scratch[worker])
    }
    workers.run(division) { [results] _, position, pixels in
      let start = pixels.lowerBound * x.channels
      x.buffer.copy(
        to: x[position].start + start, from: results.buffer, at: results[position].start + start,
        pixels.count * x.channels)
    }
  }

  /// See ``SkipLayerFusion/callAsFunction(_:costs:guidance:head:into:)``.
  func fuse(
    _ x: ClassPlanes, costs: ClassPlanes, pyramid: [[PackedLinear]], guidance: FloatBuffer, head: FusedHead?,
    into output: ClassPlanes
  ) {
    fusion(x, costs: (costs, pyramid), guidance: guidance, head: head, into: output)
  }
}
