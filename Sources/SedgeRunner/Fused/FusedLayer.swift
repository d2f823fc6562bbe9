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

  /// The spatial aggregation, class by class, in place.
  func spread(_ x: ClassPlanes, _ workers: Workers) {
    let scratch = workers.scratch(for: x.planes.count) {
      (FloatBuffer(count: x.planeCount), spatial.scratch(width: x.width))
    }
    workers.run(x.planes.count) { worker, position in
      let source = x[position]
      var target = source
      (target.buffer, target.start) = (scratch[worker].0, 0)
      let size = spatial.lines(width: x.width)
      for y in stride(from: 0, to: x.height, by: size) {
        spatial.run(y..<min(y + size, x.height), of: source, into: target, scratch[worker].1)
      }
      x.buffer.copy(to: source.start, from: target.buffer, at: 0, source.count)
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
