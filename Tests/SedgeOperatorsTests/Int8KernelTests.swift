// Quantization and products in int8 and bfloat16: values within half a step, integer sums exactly.

import SedgeOperators
import SedgeTensor
import Testing

@Suite("Kernels for int8 and bfloat16")
struct Int8KernelTests {
  /// The values that quantized values represent.
  private func decoded(_ bytes: [UInt8], _ affine: Kernels.AffineParameters) -> [Double] {
    bytes.map { Double(affine.scale) * Double($0) + Double(affine.offset) }
  }

  /// Weights that int8 represents exactly: multiples of 1/128 whose largest in each row is 127/128.
  private func exactWeights(_ shape: [Int], seed: UInt64) -> Tensor {
    var weights = random(shape, seed: seed)
    let inputs = weights.count / shape[0]
    for i in weights.values.indices {
      weights.values[i] = i % inputs == 0 ? 127.0 / 128 : (weights.values[i] * 127).rounded() / 128
    }
    return weights
  }

  @Test("Weights are rounded to multiples of 1/127 of the largest of their row", arguments: Kernels.available)
  func weights(kernels: Kernels) {
    let weights = random([9, 100], seed: 20)
    let layer = kernels.int8Layer(weights.values.span, outputs: 9, bias: nil)
    // One input is 1 and the others 0: the product is a weight.
    let affine = Kernels.AffineParameters(scale: 1, offset: 0)
    for input in 0..<100 {
      var row = [UInt8](repeating: 0, count: 100)
      row[input] = 1
      let output = FloatBuffer(count: 9)
      kernels.multiply(
        Kernels.Rows(Buffer(row), stride: 100, runLength: 100), affines: Buffer([affine]), 1, by: layer,
        into: Kernels.Place(output, stride: 9))
      for column in 0..<9 {
        let step = (weights.values[column * 100..<(column + 1) * 100].map(abs).max() ?? 0) / 127
        #expect(
          abs(output[column] - weights.values[column * 100 + input]) <= 0.5001 * step, "\(kernels.name)")
      }
    }
  }

  @Test(
    "0 has a quantized value for any parameters, those of values that are not finite among them",
    arguments: [0, 0x1p-149, 1, 1e38, .infinity, .nan] as [Float],
    [0, -1, 1, -1e38, 1e38, -.infinity, .infinity, .nan] as [Float])
  func zero(scale: Float, offset: Float) {
    let zero = Kernels.AffineParameters(scale: scale, offset: offset).zero
    if scale == 1, offset == -1 { #expect(zero == 1) }
    if scale == 1, offset == -1e38 { #expect(zero == 255) }
    if !(scale > 0) || !(offset < 0) { #expect(zero == 0) }
  }

  @Test(
    "A row is quantized within half a step, and 0 exactly", arguments: Kernels.available, [1, 8, 16, 40, 129])
  func affineParameters(kernels: Kernels, width: Int) {
    var rows = random([5, width], seed: 21)
    for i in 0..<width {
      rows.values[width + i] = abs(rows.values[width + i])  // 0...: the least is 0.
      rows.values[2 * width + i] = 0
      rows.values[3 * width + i] *= 1e-20
      rows.values[4 * width + i] = -3
    }
    let (bytes, affines) = (Buffer<UInt8>(count: 5 * width), Buffer<Kernels.AffineParameters>(count: 5))
    kernels.quantizeRows(
      FloatBuffer(rows.values), at: 0, rowCount: 5, width: width, into: bytes, affines: affines)
    for row in 0..<5 {
      let values = rows.values[row * width..<(row + 1) * width].map(Double.init)
      let (affine, range) = (affines[row], max(values.max() ?? 0, 0) - min(values.min() ?? 0, 0))
      #expect(abs(Double(affine.scale) - range / 255) <= range * 1e-8, "\(kernels.name)")
      let converted = bytes.values(row * width, width)
      for (value, byte) in zip(values, decoded(converted, affine)) {
        // Half a step, and a step's roundoff for where 0 was put.
        #expect(abs(value - byte) <= 0.5001 * range / 255, "\(kernels.name)")
      }
      #expect(decoded([affine.zero], affine).allSatisfy { abs($0) <= 1e-6 * range }, "\(kernels.name)")
    }
  }

  @Test(
    "Products of quantized rows are scaled integer sums", arguments: Kernels.available,
    pairs(
      [1, 3, 25, 60] as [Int],
      [(inputs: 4, outputs: 1), (36, 16), (144, 20), (512, 33), (4096, 70)] as [(inputs: Int, outputs: Int)]))
  func product(kernels: Kernels, pair: (Int, (inputs: Int, outputs: Int))) {
    let (rowCount, size) = pair
    let (inputs, outputs) = size
    let (rows, weights) = (random([rowCount, inputs], seed: 22), exactWeights([outputs, inputs], seed: 23))
    let (bias, addend) = (random([outputs], seed: 24), random([rowCount, outputs], seed: 25))
    let layer = kernels.int8Layer(
      weights.values.span, outputs: outputs, bias: bias.values, activation: .relu)
    let (bytes, affines) = (
      Buffer<UInt8>(count: rowCount * inputs), Buffer<Kernels.AffineParameters>(count: rowCount)
    )
    kernels.quantizeRows(
      FloatBuffer(rows.values), at: 0, rowCount: rowCount, width: inputs, into: bytes, affines: affines)
    let output = FloatBuffer(count: rowCount * outputs)
    kernels.multiply(
      Kernels.Rows(bytes, stride: inputs, runLength: inputs), affines: affines, rowCount, by: layer,
      addend: Kernels.Place(FloatBuffer(addend.values), stride: outputs),
      into: Kernels.Place(output, stride: outputs))
    for row in 0..<rowCount {
      let values = decoded(bytes.values(row * inputs, inputs), affines[row])
      for column in 0..<outputs {
        let factors = weights.values[column * inputs..<(column + 1) * inputs].map(Double.init)
        let sum = zip(values, factors).reduce(0) { $0 + $1.0 * $1.1 }
        let expected = max(
          sum + Double(bias.values[column]) + Double(addend.values[row * outputs + column]), 0)
        // Integers are exact, so what is left are some roundings of scale times sum and offset times sum.
        let magnitude = zip(values, factors).reduce(1) {
          $0 + (abs($1.0) + abs(Double(affines[row].offset))) * abs($1.1)
        }
        let error = abs(Double(output[row * outputs + column]) - expected)
        #expect(error <= 8 * Naive.roundoff * magnitude, "\(kernels.name), \(row), \(column)")
      }
    }
  }

  /// Inputs and weights that are hard to sum: the largest, and pairs whose sums just fit 16 bits or do not.
  private static let extremes: [(bytes: [UInt8], weights: [Int])] = [
    ([255], [-127]), ([255], [127]), ([255, 255, 0, 255], [127, -127]), ([255], [64, 64]),
    ([255], [-64, -64]),
    ([255], [65, 64]), ([255], [-64, -65]), ([255, 254], [1, 127]), ([255], [2, 127]),
    ([255, 0], [-127, -127, 3, 5]),
    ([1, 255, 128], [-127, -2, 64, 64, 127, 1, -1]),
  ]

  @Test(
    "Integer sums are exact, including the largest, for any number of rows, inputs and outputs",
    arguments: Kernels.available, [(inputs: 4, runs: 1), (20, 1), (256, 1), (516, 1), (12, 3), (64, 2)])
  func exactSums(kernels: Kernels, size: (inputs: Int, runs: Int)) {
    let (inputs, rowCount, gap) = (size.inputs * size.runs, 25, 8)
    let stride = size.inputs + gap
    let span = stride * (rowCount + size.runs)
    let noise = random([span + 40 * inputs], seed: 29).values.map { Int(($0 * 1e6).rounded()) & 255 }
    for (index, extreme) in (Self.extremes + [([], [])]).enumerated() {
      let bytes = (0..<span).map { place -> UInt8 in
        extreme.bytes.isEmpty ? UInt8(noise[place]) : extreme.bytes[place % extreme.bytes.count]
      }
      // The first weight makes the scale 1, so that quantization changes none.
      let weights = (0..<40 * inputs).map { place -> Float in
        let (output, input) = (place / inputs, place % inputs)
        if input == 0 { return 127 }
        if extreme.weights.isEmpty { return Float(max(-127, noise[span + place] - 128)) }
        // Some outputs are small, so that panels hold both kinds.
        return Float(extreme.weights[(input + output) % extreme.weights.count] / (output % 5 == 4 ? 2 : 1))
      }
      let sums = (0..<rowCount).map { row in
        (0..<40).map { output -> Float in
          var sum = 0
          for run in 0..<size.runs {
            for i in 0..<size.inputs {
              sum +=
                Int(bytes[(row + run) * stride + i]) * Int(weights[output * inputs + run * size.inputs + i])
            }
          }
          return Float(sum)
        }
      }
      for outputs in [1, 8, 9, 17, 40] {
        let part = Array(weights[..<(outputs * inputs)])
        let expected = sums.flatMap { $0[..<outputs] }
        let layer = kernels.int8Layer(part.span, outputs: outputs, bias: nil)
        for count in [1, 2, 5, 6, 7, 25] {
          let output = FloatBuffer(count: count * outputs)
          kernels.multiply(
            Kernels.Rows(
              Buffer(bytes), stride: stride, runCount: size.runs, runLength: size.inputs, runStride: stride),
            affines: Buffer([Kernels.AffineParameters(scale: 1, offset: 0)]), count, by: layer,
            into: Kernels.Place(output, stride: outputs))
          #expect(
            output.values == Array(expected[..<(count * outputs)]),
            "\(kernels.name), \(index), \(count) x \(outputs)")
        }
      }
    }
  }

  @Test("A convolution over a quantized image with one set of parameters", arguments: Kernels.available)
  func window(kernels: Kernels) {
    let (height, width, channels, outputs) = (6, 9, 8, 21)
    let image = random([height, width, channels], seed: 26)
    let weights = exactWeights([outputs, 3, 3, channels], seed: 27)
    let source = FloatBuffer(image.values)
    let affine = kernels.affineParameters(of: source, at: 0, source.count)
    let bytes = Buffer<UInt8>(count: source.count)
    kernels.quantize(source, at: 0, source.count, affine, into: bytes, at: 0)
    let values = decoded(bytes.values, affine)
    let layer = kernels.int8Layer(weights.values.span, outputs: outputs, bias: nil)
    let output = FloatBuffer(count: (width - 2) * outputs)
    for y in 0..<height - 2 {
      kernels.multiply(
        Kernels.Rows(
          bytes, at: y * width * channels, stride: channels, runCount: 3, runLength: 3 * channels,
          runStride: width * channels), affines: Buffer([affine]), width - 2, by: layer,
        into: Kernels.Place(output, stride: outputs))
      for x in 0..<width - 2 {
        for column in 0..<outputs {
          var (sum, magnitude) = (0.0, 1.0)
          for tap in 0..<9 * channels {
            let (line, rest) = (tap / (3 * channels), tap % (3 * channels))
            let value = values[((y + line) * width + x) * channels + rest]
            let factor = Double(weights.values[column * 9 * channels + tap])
            sum += value * factor
            magnitude += (abs(value) + abs(Double(affine.offset))) * abs(factor)
          }
          let error = abs(Double(output[x * outputs + column]) - sum)
          #expect(error <= 8 * Naive.roundoff * magnitude, "\(kernels.name), \(x), \(y), \(column)")
        }
      }
    }
  }

  @Test(
    "LayerNorm with quantization equals LayerNorm, then quantization", arguments: Kernels.available,
    [16, 64, 128, 1536])
  func normalized(kernels: Kernels, width: Int) {
    var rows = random([4, width], seed: 28)
    for i in 0..<width { rows.values[width + i] += 100 }  // A mean far from 0.
    let source = FloatBuffer(rows.values)
    let plain = FloatBuffer(count: source.count)
    kernels.layerNorm(
      source, at: 0, rowCount: 4, width: width, scale: nil, shift: nil, epsilon: 1e-6, into: plain, at: 0)
    let (bytes, affines) = (Buffer<UInt8>(count: source.count), Buffer<Kernels.AffineParameters>(count: 4))
    kernels.layerNormAndQuantize(
      source, at: 0, rowCount: 4, width: width, epsilon: 1e-6, into: bytes, affines: affines)
    for row in 0..<4 {
      let values = decoded(bytes.values(row * width, width), affines[row])
      for (value, expected) in zip(values, plain.values(row * width, width)) {
        #expect(
          abs(value - Double(expected)) <= 0.501 * Double(affines[row].scale), "\(kernels.name), \(row)")
      }
    }
  }

  @Test(
    "Scale, shift and ReLU with quantization equal the separate steps", arguments: Kernels.available,
    [16, 32, 64])
  func clamped(kernels: Kernels, channels: Int) {
    let pixels = random([11, channels], seed: 29)
    let (scale, shift) = (random([channels], seed: 30), random([channels], seed: 31))
    let (source, plain) = (FloatBuffer(pixels.values), FloatBuffer(count: pixels.count))
    let (scales, shifts) = (FloatBuffer(scale.values), FloatBuffer(shift.values))
    kernels.scaleAndClamp(
      source, at: 0, pixelCount: 11, channels: channels, scale: scales, shift: shifts, into: plain, at: 0)
    let (least, most) = (
      FloatBuffer([Float](repeating: .infinity, count: channels)),
      FloatBuffer([Float](repeating: -.infinity, count: channels))
    )
    kernels.widenRanges(source, at: 0, pixelCount: 11, channels: channels, least: least, most: most)
    for channel in 0..<channels {
      let column = (0..<11).map { pixels.values[$0 * channels + channel] }
      #expect(least[channel] == column.min() && most[channel] == column.max(), "\(kernels.name)")
    }
    let affine = kernels.affineParameters(from: 0, to: plain.values.max() ?? 0)
    let bytes = Buffer<UInt8>(count: pixels.count)
    kernels.scaleClampAndQuantize(
      source, at: 0, pixelCount: 11, channels: channels, scale: scales, shift: shifts, affine, into: bytes,
      at: 0)
    for (value, expected) in zip(decoded(bytes.values, affine), plain.values) {
      #expect(abs(value - Double(expected)) <= 0.501 * Double(affine.scale), "\(kernels.name)")
    }
  }

  @Test(
    "Products in bfloat16 round inputs to nearest and sum in float32", arguments: Kernels.available,
    [2, 32, 130])
  func bf16(kernels: Kernels, inputs: Int) {
    let (rowCount, outputs) = (14, 37)
    let (rows, weights) = (random([rowCount, inputs], seed: 32), random([outputs, inputs], seed: 33))
    let rounded = { (value: Float) -> Double in
      let bits = value.bitPattern
      return Double(Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
    }
    let layer = kernels.bf16Layer(weights.values.span, outputs: outputs, bias: nil)
    let values = Kernels.BF16Buffer(count: rowCount * inputs, kernels)
    kernels.roundToBF16(FloatBuffer(rows.values), at: 0, rows.count, into: values)
    let output = FloatBuffer(count: rowCount * outputs)
    kernels.multiply(
      values, stride: inputs, runLength: inputs, rowCount, by: layer,
      into: Kernels.Place(output, stride: outputs))
    for row in 0..<rowCount {
      for column in 0..<outputs {
        let terms = (0..<inputs).map {
          rounded(rows.values[row * inputs + $0]) * rounded(weights.values[column * inputs + $0])
        }
        let error = abs(Double(output[row * outputs + column]) - terms.reduce(0, +))
        let bound = Double(inputs) * terms.reduce(0) { $0 + abs($1) } * Naive.roundoff
        #expect(error <= bound, "\(kernels.name), \(row), \(column)")
      }
    }
  }
}
