// The memory of skip-layer fusion.

import SedgeOperators
import SedgeTensor

extension SkipLayerFusion {
  /// The memory of one worker for one class, and the normalization of the convolution that was computed last.
  struct Scratch {
    let input: PaddedImage
    /// The levels of the cost pyramid below this layer's; with bfloat16 and int8, up to this layer's.
    let costs: [FloatBuffer]
    /// `nil` where there is no cost pyramid.
    let cost: PaddedBand?
    /// The result of the first convolution, then of the second one in its place.
    let sums: FloatBuffer
    let middle: PaddedBand
    let last: PaddedBand?
    let converted: PackedLinear.Scratch
    let winograd: Kernels.WinogradScratch
    /// Factor and addend of each channel of the sums: GroupNorm, scale and shift.
    private let scale: FloatBuffer
    private let shift: FloatBuffer
    /// The range of each channel of the first convolution's result.
    private let least: FloatBuffer
    private let most: FloatBuffer
    private let channels: Int

    init(
      input: PaddedImage, costs: [FloatBuffer], cost: PaddedBand?, middle: PaddedBand, last: PaddedBand?,
      converted: PackedLinear.Scratch, winograd: Kernels.WinogradScratch
    ) {
      (self.input, self.costs, self.cost, self.middle, self.last) = (input, costs, cost, middle, last)
      (self.converted, self.winograd) = (converted, winograd)
      channels = middle.channels
      sums = FloatBuffer(count: middle.height * middle.width * channels)
      (scale, shift) = (FloatBuffer(count: channels), FloatBuffer(count: channels))
      (least, most) = (FloatBuffer(count: channels), FloatBuffer(count: channels))
    }

    // MARK: Ranges

    /// Starts the range of each channel without values.
    func resetRanges() {
      for channel in 0..<channels { (least[channel], most[channel]) = (.infinity, -.infinity) }
    }

    /// Extends the ranges by a line of the sums.
    func widenRanges(line: Int, _ kernels: Kernels) {
      kernels.widenRanges(
        sums, at: place(line), pixelCount: middle.width, channels: channels, least: least, most: most)
    }

    /// The largest normalized value of the sums, at least 0.
    var largest: Float {
      (0..<channels).reduce(0) { largest, channel in
        let end = scale[channel] > 0 ? most[channel] : least[channel]
        return max(largest, end * scale[channel] + shift[channel])
      }
    }

    // MARK: Normalization

    /// Merges a line of the sums into the statistics of their groups.
    func gather(line: Int, into statistics: inout Kernels.GroupStatistics, _ kernels: Kernels) {
      kernels.gather(
        sums, at: place(line), pixelCount: middle.width, channels: channels, into: &statistics)
    }

    /// Sets the normalization of the sums.
    func normalize(_ norm: Norm, _ statistics: Kernels.GroupStatistics) {
      for channel in 0..<channels {
        (scale[channel], shift[channel]) = statistics.normalization(
          channel: channel, epsilon: norm.epsilon, scale: norm.scale?.values[channel] ?? 1,
          shift: norm.shift?.values[channel] ?? 0)
      }
    }

    /// One line of the sums after GroupNorm and ReLU.
    func normalized(_ line: Int, into target: FloatBuffer, at place: Int, _ kernels: Kernels) {
      kernels.scaleAndClamp(
        sums, at: self.place(line), pixelCount: middle.width, channels: channels, scale: scale, shift: shift,
        into: target, at: place)
    }

    /// One line of the sums after GroupNorm and ReLU, in the number format of the target. The line is not read again: bfloat16 replaces it
    /// by its normalized values.
    func normalized(_ line: Int, into target: PaddedValues, at place: Int, _ kernels: Kernels) {
      switch target.storage {
      case .float32(let buffer): normalized(line, into: buffer, at: place, kernels)
      case .bf16(let buffer):
        normalized(line, into: sums, at: self.place(line), kernels)
        kernels.roundToBF16(sums, at: self.place(line), middle.width * channels, into: buffer, at: place)
      case .int8(let buffer, let affine):
        kernels.scaleClampAndQuantize(
          sums, at: self.place(line), pixelCount: middle.width, channels: channels, scale: scale,
          shift: shift, affine[0], into: buffer, at: place)
      }
    }

    /// The place of a line of the sums.
    func place(_ line: Int) -> Int { line * middle.width * channels }
  }
}
