// One layer of the decoder on the kernels.

import SedgeOperators
import SedgeTensor

/// Feature aggregation over space and classes, then the skip connections at twice the resolution; computes what
/// `DecoderLayer` does, with less arithmetic.
///
/// The first convolution after the skip connections is linear in what is joined there, so it is taken apart:
/// - over the raised features, it and the transposed convolution before it are one: each of the four kinds of output
///   pixel is a 2x2 convolution of the features at half the resolution;
/// - over the guidance, which is the same for all classes, it is computed once for an image;
/// - over the cost pyramid it stays what it is.
struct FusedLayer {
  private let kernels: Kernels
  private let workers: Workers
  private let spatial: FusedBlock
  let attention: FusedClassBlock
  private let guidance: PackedLinear
  /// Of the raised features: by line and column parity of the output pixel.
  private let raised: [[PackedLinear]]
  private let guidanceTerm: PackedLinear
  private let costTerm: PackedLinear
  /// What the bias of the transposed convolution gives: for the first, inner and last lines, and so for columns.
  private let raisedBias: [[[Float]]]
  private let second: PackedLinear
  private let norms: [Norm]
  /// Channels of the layer's output.
  var outputs: Int { second.outputs }
  /// Channels of the guidance, and of the cost pyramid at this level.
  private let guidanceWidth: Int
  private let costWidth: Int

  init(_ layer: DecoderLayer, guidance: Dense, _ context: ExecutionContext) {
    kernels = context.kernels
    workers = context.workers
    spatial = FusedBlock(layer.spatial, context)
    attention = FusedClassBlock(layer.classes, context)
    norms = layer.convolutions.map(\.norm)
    let (weight, up) = (layer.convolutions[0].convolution.weight, layer.up)
    let raisedWidth = up.weight.shape[0]
    let guidanceWidth = guidance.weight.shape[0]
    let costWidth = weight.shape[3] - raisedWidth - guidanceWidth
    (self.guidanceWidth, self.costWidth) = (guidanceWidth, costWidth)
    // Lines of a kernel are read in fours.
    let product = { (weight: Tensor, bias: [Float]?, activation: Activation, mayUseInt8: Bool) in
      PackedLinear(
        weight.values.span, outputs: weight.shape[0], bias: bias, activation: activation,
        mayUseInt8: mayUseInt8 && weight.shape[2] * weight.shape[3] % 4 == 0, context)
    }
    // What is done once for an image stays in floats.
    self.guidance = product(guidance.weight, guidance.bias?.values, .relu, false)
    let raisedPart = weight.channels(0..<raisedWidth)
    raised = (0..<2).map { line in
      (0..<2).map { column in
        product(Self.merged(raisedPart, up.weight, line: line, column: column), nil, .identity, true)
      }
    }
    raisedBias = Self.merged(raisedPart, bias: up.bias?.values ?? [Float](repeating: 0, count: raisedWidth))
    guidanceTerm = product(weight.channels(raisedWidth..<raisedWidth + guidanceWidth), nil, .identity, false)
    costTerm = product(weight.channels(raisedWidth + guidanceWidth..<weight.shape[3]), nil, .identity, true)
    let next = layer.convolutions[1].convolution.weight
    precondition(next.shape[0] == weight.shape[0], "both convolutions of a layer have as many outputs")
    second = product(next, nil, .identity, true)
  }

  /// A 3x3 convolution after a 2x2 transposed one of stride 2, for the output pixels of one parity: a 2x2
  /// convolution whose products are summed in float64.
  ///
  /// - Parameters:
  ///   - convolution: O x 3 x 3 x U.
  ///   - transposed: U x 2 x 2 x C.
  /// - Returns: O x 2 x 2 x C; its taps are the input pixels before and at (parity 0), or at and after (parity 1).
  private static func merged(_ convolution: Tensor, _ transposed: Tensor, line: Int, column: Int) -> Tensor {
    let (outputs, middle, inputs) = (convolution.shape[0], convolution.shape[3], transposed.shape[3])
    var result = Tensor(zeros: [outputs, 2, 2, inputs])
    let (outer, inner) = (convolution.values.span, transposed.values.span)
    for output in 0..<outputs {
      var sums = [Double](repeating: 0, count: 4 * inputs)
      for dy in 0..<3 {
        for dx in 0..<3 {
          // The raised pixel that the tap looks at: of which input pixel it is made, and by which part of its kernel.
          let (y, x) = (line + dy + 1, column + dx + 1)
          let tap = ((y / 2 - line) * 2 + x / 2 - column) * inputs
          let factors = ((output * 3 + dy) * 3 + dx) * middle
          for channel in 0..<middle {
            let factor = Double(outer[factors + channel])
            let source = ((channel * 2 + y % 2) * 2 + x % 2) * inputs
            for i in 0..<inputs { sums[tap + i] += factor * Double(inner[source + i]) }
          }
        }
      }
      for i in sums.indices { result.values[output * 4 * inputs + i] = Float(sums[i]) }
    }
    return result
  }

  /// What a constant image, zero outside, becomes in a 3x3 convolution: at the first, inner and last line and column.
  private static func merged(_ convolution: Tensor, bias: [Float]) -> [[[Float]]] {
    let (outputs, middle) = (convolution.shape[0], convolution.shape[3])
    let taps = [1...2, 0...2, 0...1]
    return taps.map { lines in
      taps.map { columns in
        (0..<outputs).map { output -> Float in
          var sum = 0.0
          for dy in lines {
            for dx in columns {
              for channel in 0..<middle {
                sum +=
                  Double(convolution.values[((output * 3 + dy) * 3 + dx) * middle + channel])
                  * Double(bias[channel])
              }
            }
          }
          return Float(sum)
        }
      }
    }
  }

  /// What does not depend on the class: the first convolution over the guidance and over the raised bias.
  ///
  /// - Parameter stage: An image encoder's stage at twice the layer's resolution.
  /// - Returns: 2H x 2W x O, the pool's.
  func guidanceTerm(_ stage: ImagePlace, _ pool: BufferPool) -> FloatBuffer {
    let (height, width, outputs) = (stage.height, stage.width, guidanceTerm.outputs)
    let input = PaddedImage(height: height, width: width, channels: stage.channels, pool)
    let guide = PaddedImage(height: height, width: width, channels: guidanceWidth, pool)
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
        into: Kernels.Place(guide.values.buffer, at: guide.line(y), stride: guidanceWidth))
    }
    workers.run(height) { _, y in
      let biases = raisedBias[y == 0 ? 0 : y == height - 1 ? 2 : 1]
      for x in 0..<width {
        let bias = biases[x == 0 ? 0 : x == width - 1 ? 2 : 1]
        term.set((y * width + x) * outputs, to: bias.span)
      }
      let line = Kernels.Place(term, at: y * width * outputs, stride: outputs)
      guidanceTerm(guide.window(y, kernel: 3), of: guide.values, width, addend: line, into: line)
    }
    return term
  }

  /// The spatial half of the aggregation, class by class, in place.
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

  /// Memory for one worker.
  private struct Scratch {
    let input: PaddedImage
    /// The cost pyramid up to the level before this layer's; in bytes, up to this layer's.
    let costs: [FloatBuffer]
    let cost: PaddedBand
    /// What the first convolution gives, and then the second in its place.
    let sums: FloatBuffer
    let middle: PaddedBand
    let last: PaddedBand?
    let scale: FloatBuffer
    let shift: FloatBuffer
    /// The range of each channel of the first convolution's result.
    let least: FloatBuffer
    let most: FloatBuffer
    let converted: PackedLinear.Scratch
  }

  /// The skip connections and the two convolutions.
  ///
  /// - Parameters:
  ///   - costs: The cost map of each class.
  ///   - pyramid: The transposed convolutions up to this level, by line of their kernels.
  ///   - guidance: From ``guidanceTerm(_:_:)``.
  ///   - head: Makes logits of the last layer's output, which then is kept nowhere.
  ///   - output: The classes at twice the resolution, or their logits; not in the buffer of `x`.
  func fuse(
    _ x: ClassPlanes, costs: ClassPlanes, pyramid: [[PackedLinear]], guidance: FloatBuffer, head: FusedHead?,
    into output: ClassPlanes
  ) {
    let (height, width, channels) = (output.height, output.width, second.outputs)
    let scratch = workers.scratch(for: x.planes.count) {
      Scratch(
        input: PaddedImage(
          height: x.height, width: x.width, channels: x.channels, margin: 1, isInt8: raised[0][0].isInt8),
        costs: pyramid.indices.dropLast(costTerm.isInt8 ? 0 : 1).map { level in
          FloatBuffer(count: costs.height * costs.width * 4 << (2 * level) * pyramid[level][0].outputs / 2)
        },
        cost: PaddedBand(height: height, width: width, channels: costWidth, isInt8: costTerm.isInt8),
        sums: FloatBuffer(count: height * width * channels),
        middle: PaddedBand(height: height, width: width, channels: channels, isInt8: second.isInt8),
        last: head.map { _ in PaddedBand(height: height, width: width, channels: channels) },
        scale: FloatBuffer(count: channels), shift: FloatBuffer(count: channels),
        least: FloatBuffer(count: channels), most: FloatBuffer(count: channels),
        converted: PackedLinear.Scratch(rowCount: x.width, width: pyramid.map { $0[0].inputs }.max() ?? 0))
    }
    workers.run(x.planes.count) { worker, position in
      let (scratch, target) = (scratch[worker], output[position])
      scratch.input.fill(from: x[position], kernels)
      join(costs[position], pyramid, guidance: guidance, scratch)
      convolve(scratch)
      if let last = scratch.last, let head {
        last.slide { line, place in
          clamp(scratch, line, width, into: last.values, at: place)
        } over: { y, window in
          head.run(window, of: last.values, width, into: target.buffer, at: target.line(y))
        }
      } else {
        for y in 0..<height { clamp(scratch, y, width, into: target.buffer, at: target.line(y)) }
      }
    }
  }

  /// The first convolution, over everything that is joined; its normalization is left in the scratch memory.
  private func join(
    _ costs: ImagePlace, _ pyramid: [[PackedLinear]], guidance: FloatBuffer, _ scratch: Scratch
  ) {
    let (input, outputs) = (scratch.input, costTerm.outputs)
    let width = 2 * input.width
    var below = costs
    for (level, lines) in pyramid[..<scratch.costs.count].enumerated() {
      let next = ImagePlace(
        buffer: scratch.costs[level], height: 2 * below.height, width: 2 * below.width,
        channels: lines[0].outputs / 2)
      for y in 0..<next.height {
        raise(below, to: y, lines, into: next.buffer, at: next.line(y), scratch.converted)
      }
      below = next
    }
    let source = below
    scratch.cost.values.restart(kernels.affineParameters(of: source.buffer, at: source.start, source.count))
    if second.isInt8 {
      for channel in 0..<outputs { (scratch.least[channel], scratch.most[channel]) = (.infinity, -.infinity) }
    }
    var statistics = Kernels.GroupStatistics(channels: outputs)
    scratch.cost.slide { line, place in
      switch scratch.cost.values.storage {
      case .float32(let buffer):
        raise(source, to: line, pyramid[pyramid.count - 1], into: buffer, at: place, scratch.converted)
      case .int8:
        scratch.cost.values.set(place, from: source.buffer, at: source.line(line), source.lineCount, kernels)
      }
    } over: { y, window in
      let start = y * width * outputs
      for column in 0..<2 {
        let pixels = Window(
          start: (y / 2 + y % 2) * input.lineCount + column * input.channels, stride: input.channels,
          runCount: 2,
          runLength: 2 * input.channels, runStride: input.lineCount)
        raised[y % 2][column](
          pixels, of: input.values, input.width,
          addend: Kernels.Place(guidance, at: start + column * outputs, stride: 2 * outputs),
          into: Kernels.Place(scratch.sums, at: start + column * outputs, stride: 2 * outputs))
      }
      let line = Kernels.Place(scratch.sums, at: start, stride: outputs)
      costTerm(window, of: scratch.cost.values, width, addend: line, into: line)
      kernels.gather(scratch.sums, at: start, pixelCount: width, channels: outputs, into: &statistics)
      if second.isInt8 {
        kernels.widenRanges(
          scratch.sums, at: start, pixelCount: width, channels: outputs, least: scratch.least,
          most: scratch.most)
      }
    }
    setNormalization(norms[0], statistics, channels: outputs, scratch)
  }

  /// One line of the cost pyramid from the level below.
  private func raise(
    _ source: ImagePlace, to line: Int, _ lines: [PackedLinear], into target: FloatBuffer, at place: Int,
    _ converted: PackedLinear.Scratch
  ) {
    lines[line % 2](
      source.buffer, at: source.line(line / 2), source.width,
      into: Kernels.Place(target, at: place, stride: lines[0].outputs), converted)
  }

  /// The second convolution, in the place of the first one's result, of which every line is read before it is
  /// overwritten; its normalization is left in the scratch memory.
  private func convolve(_ scratch: Scratch) {
    let (middle, outputs) = (scratch.middle, second.outputs)
    var statistics = Kernels.GroupStatistics(channels: outputs)
    middle.values.restart(kernels.affineParameters(from: 0, to: largest(scratch, channels: outputs)))
    middle.slide { line, place in
      clamp(scratch, line, middle.width, into: middle.values, at: place)
    } over: { y, window in
      let start = y * middle.width * outputs
      second(
        window, of: middle.values, middle.width, into: Kernels.Place(scratch.sums, at: start, stride: outputs)
      )
      kernels.gather(scratch.sums, at: start, pixelCount: middle.width, channels: outputs, into: &statistics)
    }
    setNormalization(norms[1], statistics, channels: outputs, scratch)
  }

  /// The largest value of the first convolution's result, normalized; at least 0.
  private func largest(_ scratch: Scratch, channels: Int) -> Float {
    (0..<channels).reduce(0) { largest, channel in
      let (scale, shift) = (scratch.scale[channel], scratch.shift[channel])
      let end = scale > 0 ? scratch.most[channel] : scratch.least[channel]
      return max(largest, end * scale + shift)
    }
  }

  private func setNormalization(
    _ norm: Norm, _ statistics: Kernels.GroupStatistics, channels: Int, _ scratch: Scratch
  ) {
    for channel in 0..<channels {
      (scratch.scale[channel], scratch.shift[channel]) = statistics.normalization(
        channel: channel, epsilon: norm.epsilon, scale: norm.scale?.values[channel] ?? 1,
        shift: norm.shift?.values[channel] ?? 0)
    }
  }

  /// One line of a convolution's result, normalized, what is below 0 made 0.
  private func clamp(
    _ scratch: Scratch, _ y: Int, _ width: Int, into target: FloatBuffer, at place: Int
  ) {
    let channels = second.outputs
    kernels.scaleAndClamp(
      scratch.sums, at: y * width * channels, pixelCount: width, channels: channels, scale: scratch.scale,
      shift: scratch.shift, into: target, at: place)
  }

  private func clamp(
    _ scratch: Scratch, _ y: Int, _ width: Int, into target: PaddedValues, at place: Int
  ) {
    switch target.storage {
    case .float32(let buffer): clamp(scratch, y, width, into: buffer, at: place)
    case .int8(let buffer, let affine):
      let channels = second.outputs
      kernels.scaleClampAndQuantize(
        scratch.sums, at: y * width * channels, pixelCount: width, channels: channels, scale: scratch.scale,
        shift: scratch.shift, affine[0], into: buffer, at: place)
    }
  }
}

extension Tensor {
  /// Some of the last dimension.
  fileprivate func channels(_ range: Range<Int>) -> Tensor {
    let width = shape[shape.count - 1]
    return Tensor(
      shape: shape.dropLast() + [range.count],
      values: stride(from: 0, to: count, by: width).flatMap {
        values[$0 + range.lowerBound..<$0 + range.upperBound]
      })
  }
}
