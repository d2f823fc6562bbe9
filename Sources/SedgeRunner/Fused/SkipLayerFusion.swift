// Skip-layer fusion of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// Upsampling, concatenation with guidance and, in SED, the cost pyramid, and two convolutions: the skip connections of a decoder layer.
///
/// The first convolution is linear in its concatenated inputs, so it is a sum of terms:
/// - over the upsampled features: merged with the transposed convolution that upsamples them (``MergedConvolutions``);
/// - over the guidance, which all classes share: computed once for an image;
/// - over the cost pyramid: a convolution.
struct SkipLayerFusion {
  private let kernels: Kernels
  private let workers: Workers
  private let guidance: PackedLinear
  private let upsampled: UpsampledConvolution
  private let guidanceTerm: PackedLinear
  /// `nil` where there is no cost pyramid.
  private let costTerm: BandConvolution?
  /// The contribution of the transposed convolution's bias: by first, inner and last line, then column.
  private let upsampledBias: [[[Float]]]
  private let second: BandConvolution
  private let norms: [Norm]
  /// The channels of the output.
  var outputs: Int { second.outputs }
  /// The channels of the cost pyramid at this level.
  private let costWidth: Int

  init(_ layer: UpsamplingLayer, guidance: Dense, _ context: ExecutionContext) {
    kernels = context.kernels
    workers = context.workers
    norms = layer.convolutions.map(\.norm)
    let (first, next) = (layer.convolutions[0].convolution.weight, layer.convolutions[1].convolution.weight)
    precondition(next.shape[0] == first.shape[0], "the convolutions of a layer have different widths")
    let transposed = layer.up.weight
    let (upsampledWidth, guidanceWidth) = (transposed.shape[0], guidance.weight.shape[0])
    costWidth = first.shape[3] - upsampledWidth - guidanceWidth
    let upsampledPart = first.channels(0..<upsampledWidth)
    let guidancePart = first.channels(upsampledWidth..<upsampledWidth + guidanceWidth)
    let costPart = first.channels(upsampledWidth + guidanceWidth..<first.shape[3])
    upsampled = UpsampledConvolution(upsampledPart, transposed, context)
    upsampledBias = MergedConvolutions.bias(
      upsampledPart, layer.up.bias?.values ?? [Float](repeating: 0, count: upsampledWidth))
    costTerm = costWidth > 0 ? BandConvolution(costPart, context) : nil
    second = BandConvolution(next, context)
    // The convolutions that are computed once for an image stay in float32.
    self.guidance = PackedLinear(
      float32: guidance.weight.values.span, outputs: guidanceWidth, bias: guidance.bias?.values,
      activation: .relu, context)
    guidanceTerm = PackedLinear(
      float32: guidancePart.values.span, outputs: guidancePart.shape[0], context)
  }

  // MARK: Guidance

  /// The terms of the first convolution that all classes share: over the guidance and over the bias of the transposed convolution.
  ///
  /// - Parameter stage: The image encoder's stage at twice the layer's resolution.
  /// - Returns: 2H x 2W x O, in a buffer from the pool.
  func guidanceTerm(_ stage: ImagePlace, _ pool: BufferPool) -> FloatBuffer {
    let (height, width, outputs) = (stage.height, stage.width, guidanceTerm.outputs)
    let input = PaddedImage(height: height, width: width, channels: stage.channels, pool)
    let guide = PaddedImage(height: height, width: width, channels: guidance.outputs, pool)
    let term = pool.take(height * width * outputs)
    defer {
      pool.give(input.values.buffer)
      pool.give(guide.values.buffer)
    }
    workers.run(height) { _, y in
      input.values.set(input.line(y), from: stage.buffer, at: stage.line(y), stage.lineCount, kernels)
    }
    workers.run(height) { _, y in
      guidance(
        input.window(y, kernel: 3), of: input.values, width,
        into: Kernels.Place(guide.values.buffer, at: guide.line(y), stride: guidance.outputs))
    }
    workers.run(height) { _, y in
      let biases = upsampledBias[y == 0 ? 0 : y == height - 1 ? 2 : 1]
      for x in 0..<width {
        let bias = biases[x == 0 ? 0 : x == width - 1 ? 2 : 1]
        term.set((y * width + x) * outputs, to: bias.span)
      }
      let line = Kernels.Place(term, at: y * width * outputs, stride: outputs)
      guidanceTerm(guide.window(y, kernel: 3), of: guide.values, width, addend: line, into: line)
    }
    return term
  }

  // MARK: Fusion

  /// Fuses the features of each class with the guidance and the cost pyramid.
  ///
  /// - Parameters:
  ///   - costs: The cost map of each class, and the transposed convolutions up to this level, by line of their kernels; `nil` where
  ///     there is no cost pyramid.
  ///   - guidance: From ``guidanceTerm(_:_:)``.
  ///   - head: Computes logits from the last layer's output, which is not stored then.
  ///   - output: The classes at twice the resolution, or their logits; in another buffer than `x`.
  func callAsFunction(
    _ x: ClassPlanes, costs: (maps: ClassPlanes, pyramid: [[PackedLinear]])?, guidance: FloatBuffer,
    head: FusedHead?, into output: ClassPlanes
  ) {
    precondition((costs == nil) == (costTerm == nil))
    let scratch = workers.scratch(for: x.planes.count) {
      makeScratch(x, costs: costs, hasHead: head != nil)
    }
    workers.run(x.planes.count) { worker, position in
      let (scratch, target) = (scratch[worker], output[position])
      scratch.input.fill(from: x[position], kernels)
      convolveFirst(costs.map { ($0.maps[position], $0.pyramid) }, guidance: guidance, scratch)
      convolveSecond(scratch)
      if let last = scratch.last, let head {
        last.slide { line, place in
          scratch.normalized(line, into: last.values, at: place, kernels)
        } over: { lines in
          head.run(lines, of: last, into: target)
        }
      } else {
        for y in 0..<target.height {
          scratch.normalized(y, into: target.buffer, at: target.line(y), kernels)
        }
      }
    }
  }

  /// The memory of one worker.
  private func makeScratch(
    _ x: ClassPlanes, costs: (maps: ClassPlanes, pyramid: [[PackedLinear]])?, hasHead: Bool
  ) -> Scratch {
    let (height, width) = (2 * x.height, 2 * x.width)
    let (pyramid, isFloat) = (costs?.pyramid ?? [], costTerm?.format == .float32)
    let costCount = costs.map { $0.maps.height * $0.maps.width } ?? 0
    return Scratch(
      input: upsampled.image(height: x.height, width: x.width),
      costs: pyramid.indices.dropLast(isFloat ? 1 : 0).map { level in
        FloatBuffer(count: costCount * 4 << (2 * level) * pyramid[level][0].outputs / 2)
      },
      cost: costTerm?.band(height: height, width: width),
      middle: second.band(height: height, width: width),
      last: hasHead ? PaddedBand(height: height, width: width, channels: outputs) : nil,
      converted: PackedLinear.Scratch(rowCount: x.width, width: pyramid.map { $0[0].inputs }.max() ?? 0),
      winograd: Kernels.WinogradScratch(
        [
          upsampled.winogradUse(width: x.width), costTerm?.winogradUse(width: width),
          second.winogradUse(width: width),
        ].compactMap { $0 }))
  }

  /// The first convolution, some lines at a time, into the sums; sets their normalization.
  private func convolveFirst(
    _ costs: (map: ImagePlace, pyramid: [[PackedLinear]])?, guidance: FloatBuffer, _ scratch: Scratch
  ) {
    scratch.resetRanges()
    var statistics = Kernels.GroupStatistics(channels: outputs)
    var done = 0
    let addUpsampled = { (end: Int) in
      done = upsampled(
        from: done, to: end, of: scratch.input, addend: guidance, into: scratch.sums, scratch.winograd)
    }
    let finish = { (lines: Range<Int>) in
      for y in lines {
        scratch.gather(line: y, into: &statistics, kernels)
        if second.isInt8 { scratch.widenRanges(line: y, kernels) }
      }
    }
    defer { scratch.normalize(norms[0], statistics) }
    guard let costTerm, let band = scratch.cost, let (map, pyramid) = costs else {
      for start in stride(from: 0, to: scratch.middle.height, by: PaddedBand.step) {
        let end = min(start + PaddedBand.step, scratch.middle.height)
        addUpsampled(end)
        finish(start..<end)
      }
      return
    }
    let source = costLevel(map, pyramid, scratch)
    band.values.restart(kernels.affineParameters(of: source.buffer, at: source.start, source.count))
    band.slide { line, place in
      switch band.values.storage {
      case .float32(let buffer):
        upsample(source, to: line, pyramid[pyramid.count - 1], into: buffer, at: place, scratch.converted)
      case .bf16, .int8:
        band.values.set(place, from: source.buffer, at: source.line(line), source.lineCount, kernels)
      }
    } over: { lines in
      addUpsampled(lines.upperBound)
      costTerm(
        lines.count, of: band, into: scratch.sums, at: scratch.place(lines.lowerBound), adds: true,
        scratch.winograd)
      finish(lines)
    }
  }

  /// The second convolution, into the sums; each line of the first convolution's result is read before it is overwritten. Sets the
  /// normalization of the sums.
  private func convolveSecond(_ scratch: Scratch) {
    let middle = scratch.middle
    var statistics = Kernels.GroupStatistics(channels: outputs)
    middle.values.restart(kernels.affineParameters(from: 0, to: scratch.largest))
    middle.slide { line, place in
      scratch.normalized(line, into: middle.values, at: place, kernels)
    } over: { lines in
      second(
        lines.count, of: middle, into: scratch.sums, at: scratch.place(lines.lowerBound), scratch.winograd)
      for y in lines { scratch.gather(line: y, into: &statistics, kernels) }
    }
    scratch.normalize(norms[1], statistics)
  }

  // MARK: Cost pyramid

  /// The highest level of the cost pyramid that is stored as a whole.
  private func costLevel(_ costs: ImagePlace, _ pyramid: [[PackedLinear]], _ scratch: Scratch) -> ImagePlace {
    var below = costs
    for (buffer, lines) in zip(scratch.costs, pyramid) {
      let next = ImagePlace(
        buffer: buffer, height: 2 * below.height, width: 2 * below.width, channels: lines[0].outputs / 2)
      for y in 0..<next.height {
        upsample(below, to: y, lines, into: next.buffer, at: next.line(y), scratch.converted)
      }
      below = next
    }
    return below
  }

  /// One line of a level of the cost pyramid, from the level below.
  private func upsample(
    _ source: ImagePlace, to line: Int, _ lines: [PackedLinear], into target: FloatBuffer, at place: Int,
    _ converted: PackedLinear.Scratch
  ) {
    lines[line % 2](
      source.buffer, at: source.line(line / 2), source.width,
      into: Kernels.Place(target, at: place, stride: lines[0].outputs), converted)
  }
}

extension Tensor {
  /// A range of the last dimension.
  fileprivate func channels(_ range: Range<Int>) -> Tensor {
    let width = shape[shape.count - 1]
    return Tensor(
      shape: shape.dropLast() + [range.count],
      values: stride(from: 0, to: count, by: width).flatMap {
        values[$0 + range.lowerBound..<$0 + range.upperBound]
      })
  }
}
