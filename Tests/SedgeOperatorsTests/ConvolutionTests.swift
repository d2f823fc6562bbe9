// Linear layers and convolutions compared with naive loops in float64.

import SedgeOperators
import SedgeTensor
import Testing

@Suite("Linear layers and convolutions")
struct ConvolutionTests {
  /// Dense convolution, NHWC and OHWI.
  private func naive(
    _ input: Tensor, _ weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Int = 0
  ) -> Naive {
    let (height, width, kernel) = (input.shape[1], input.shape[2], weight.shape[1])
    let outHeight = (height + 2 * padding - kernel) / stride + 1
    let outWidth = (width + 2 * padding - kernel) / stride + 1
    var result = Naive(shape: [input.shape[0], outHeight, outWidth, weight.shape[0]])
    for image in 0..<input.shape[0] {
      for y in 0..<outHeight {
        for x in 0..<outWidth {
          for output in 0..<weight.shape[0] {
            var terms: [Double] = []
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let (sourceY, sourceX) = (y * stride + ky - padding, x * stride + kx - padding)
                guard (0..<height).contains(sourceY), (0..<width).contains(sourceX) else { continue }
                for i in 0..<input.shape[3] {
                  terms.append(input.at(image, sourceY, sourceX, i) * weight.at(output, ky, kx, i))
                }
              }
            }
            result.append(sumOf: terms, bias: bias?.at(output) ?? 0)
          }
        }
      }
    }
    return result
  }

  @Test(
    "Linear layers of any number of rows, inputs and outputs", arguments: operatorSets,
    pairs(
      [
        (1, 1, 1), (1, 3, 7), (2, 5, 8), (3, 8, 9), (4, 16, 16), (5, 255, 17), (7, 256, 3), (6, 257, 10),
        (9, 600, 31), (130, 33, 12), (2100, 9, 11), (13, 4097, 33), (43, 40, 40), (250, 10, 100),
      ] as [(rows: Int, inputs: Int, outputs: Int)], [true, false] as [Bool]))
  func linear(set: OperatorSet, pair: ((rows: Int, inputs: Int, outputs: Int), Bool)) {
    let (size, hasBias) = pair
    let input = random([size.rows, size.inputs], seed: 1)
    let weight = random([size.outputs, size.inputs], seed: 2)
    let bias = hasBias ? random([size.outputs], seed: 3) : nil
    var expected = naive(
      input.reshaped([size.rows, 1, 1, size.inputs]), weight.reshaped([size.outputs, 1, 1, size.inputs]),
      bias: bias)
    expected.shape = [size.rows, size.outputs]
    expect(expected, of: set) { $0.linear(input, weight: weight, bias: bias, activation: .identity) }
  }

  @Test("A linear layer applies to the last of any number of dimensions", arguments: operatorSets)
  func linearDimensions(set: OperatorSet) {
    let input = random([2, 3, 5, 6], seed: 4)
    let weight = random([7, 6], seed: 5)
    var expected = naive(input, weight.reshaped([7, 1, 1, 6]), bias: nil)
    expect(expected, of: set) { $0.linear(input, weight: weight, bias: nil, activation: .identity) }
    expected.shape = [30, 7]
    expect(expected, of: set) {
      $0.linear(input.reshaped([30, 6]), weight: weight, bias: nil, activation: .identity)
    }
  }

  @Test(
    "A row's bits do not depend on the other rows", arguments: operatorSets,
    pairs([11, 43, 200] as [Int], [3, 19, 40] as [Int]))
  func rowsAreIndependent(set: OperatorSet, pair: (Int, Int)) {
    let (rowCount, outputs) = pair
    let operators = set.operators
    let weight = random([outputs, 300], seed: 6)
    let input = random([rowCount, 300], seed: 7)
    let all = operators.linear(input, weight: weight, bias: nil, activation: .gelu)
    for row in 0..<rowCount {
      let one = Tensor(shape: [1, 300], values: Array(input.values[row * 300..<(row + 1) * 300]))
      let alone = operators.linear(one, weight: weight, bias: nil, activation: .gelu)
      #expect(alone.values == Array(all.values[row * outputs..<(row + 1) * outputs]), "\(operators.name)")
    }
  }

  @Test("ReLU after convolutions and transposed convolutions", arguments: operatorSets)
  func relu(set: OperatorSet) {
    let operators = set.operators
    let input = random([1, 3, 5, 4], seed: 8)
    let (weight, bias) = (random([9, 2, 2, 4], seed: 9), random([9], seed: 10))
    let plain = operators.convolution(
      input, weight: weight, bias: bias, stride: 1, padding: 0, activation: .identity)
    #expect(plain.values.contains { $0 < 0 })
    let clamped = operators.convolution(
      input, weight: weight, bias: bias, stride: 1, padding: 0, activation: .relu)
    #expect(clamped.values == plain.values.map { max($0, 0) })
    let raised = operators.transposedConvolution(input, weight: weight, bias: bias, activation: .identity)
    let raisedClamped = operators.transposedConvolution(
      input, weight: weight, bias: bias, activation: .relu)
    #expect(raisedClamped.values == raised.values.map { max($0, 0) })
  }

  struct Convolution: CustomTestStringConvertible {
    var batch = 1
    var size: (Int, Int)
    var channels: (Int, Int)
    var kernel: Int
    var stride = 1
    var padding = 0
    var testDescription: String {
      "\(batch)x\(size.0)x\(size.1), \(channels.0)->\(channels.1), kernel \(kernel), stride \(stride), "
        + "padding \(padding)"
    }

    static let all =
      (1...9).map { Convolution(size: (11, 10), channels: (3, 5), kernel: $0, padding: $0 / 2) } + [
        Convolution(size: (1, 1), channels: (2, 1), kernel: 7, padding: 3),
        Convolution(size: (1, 13), channels: (4, 9), kernel: 3, padding: 1),
        Convolution(size: (13, 1), channels: (4, 9), kernel: 3, padding: 1),
        Convolution(batch: 3, size: (5, 7), channels: (33, 17), kernel: 3, padding: 1),
        Convolution(batch: 2, size: (8, 12), channels: (3, 13), kernel: 4, stride: 4),
        Convolution(batch: 2, size: (9, 7), channels: (6, 8), kernel: 2, stride: 2),
        Convolution(size: (10, 11), channels: (2, 3), kernel: 3, stride: 2, padding: 1),
        Convolution(size: (7, 9), channels: (1, 2), kernel: 3, stride: 3, padding: 2),
        Convolution(size: (3, 3), channels: (2, 2), kernel: 5, padding: 4),
        Convolution(size: (4, 29), channels: (10, 40), kernel: 3, padding: 1),
      ]
  }

  @Test("A convolution pads with zeros", arguments: operatorSets, Convolution.all)
  func convolution(set: OperatorSet, _ shape: Convolution) {
    let input = random([shape.batch, shape.size.0, shape.size.1, shape.channels.0], seed: 11)
    let weight = random([shape.channels.1, shape.kernel, shape.kernel, shape.channels.0], seed: 12)
    let bias = random([shape.channels.1], seed: 13)
    let expected = naive(input, weight, bias: bias, stride: shape.stride, padding: shape.padding)
    expect(expected, of: set) {
      $0.convolution(
        input, weight: weight, bias: bias, stride: shape.stride, padding: shape.padding,
        activation: .identity)
    }
  }

  @Test(
    "A depthwise convolution does not mix channels", arguments: operatorSets,
    pairs(
      [1, 3, 5, 7, 9] as [Int],
      [(1, 1, 11), (2, 9, 3), (6, 5, 8), (3, 31, 40), (9, 4, 10), (2, 27, 48)]
        as [(height: Int, width: Int, channels: Int)]))
  func depthwise(set: OperatorSet, pair: (Int, (height: Int, width: Int, channels: Int))) {
    let (kernel, size) = pair
    let channels = size.channels
    let input = random([2, size.height, size.width, channels], seed: 14)
    let (weight, bias) = (random([kernel, kernel, channels], seed: 15), random([channels], seed: 16))
    var expected = Naive(shape: input.shape)
    for image in 0..<2 {
      for y in 0..<size.height {
        for x in 0..<size.width {
          for channel in 0..<channels {
            var terms: [Double] = []
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let (sourceY, sourceX) = (y + ky - kernel / 2, x + kx - kernel / 2)
                guard (0..<size.height).contains(sourceY), (0..<size.width).contains(sourceX) else {
                  continue
                }
                terms.append(input.at(image, sourceY, sourceX, channel) * weight.at(ky, kx, channel))
              }
            }
            expected.append(sumOf: terms, bias: bias.at(channel))
          }
        }
      }
    }
    expect(expected, of: set) { $0.depthwiseConvolution(input, weight: weight, bias: bias) }
  }

  @Test(
    "A transposed convolution replaces each pixel by a square", arguments: operatorSets,
    pairs(
      [1, 2, 3] as [Int],
      [(1, 1, 3, 1), (5, 3, 7, 9), (2, 4, 300, 5)] as [(height: Int, width: Int, inputs: Int, outputs: Int)]))
  func transposed(set: OperatorSet, pair: (Int, (height: Int, width: Int, inputs: Int, outputs: Int))) {
    let (kernel, size) = pair
    let input = random([2, size.height, size.width, size.inputs], seed: 17)
    let weight = random([size.outputs, kernel, kernel, size.inputs], seed: 18)
    let bias = random([size.outputs], seed: 19)
    var expected = Naive(shape: [2, size.height * kernel, size.width * kernel, size.outputs])
    for image in 0..<2 {
      for y in 0..<size.height * kernel {
        for x in 0..<size.width * kernel {
          for output in 0..<size.outputs {
            let terms = (0..<size.inputs).map {
              input.at(image, y / kernel, x / kernel, $0) * weight.at(output, y % kernel, x % kernel, $0)
            }
            expected.append(sumOf: terms, bias: bias.at(output))
          }
        }
      }
    }
    expect(expected, of: set) {
      $0.transposedConvolution(input, weight: weight, bias: bias, activation: .identity)
    }
  }

  @Test(
    "A branch is scaled by channel and added", arguments: operatorSets,
    pairs([true, false] as [Bool], [(1, 1), (3, 7), (2000, 13)] as [(rows: Int, channels: Int)]))
  func add(set: OperatorSet, pair: (Bool, (rows: Int, channels: Int))) {
    let (isScaled, size) = pair
    let branch = random([size.rows, size.channels], seed: 20)
    let start = random([size.rows, size.channels], seed: 21)
    let scale = isScaled ? random([size.channels], seed: 22) : nil
    var expected = Naive(shape: start.shape)
    for row in 0..<size.rows {
      for channel in 0..<size.channels {
        expected.append(
          sumOf: [branch.at(row, channel) * (scale?.at(channel) ?? 1)], bias: start.at(row, channel))
      }
    }
    expect(expected, of: set) { operators in
      var sum = start
      operators.add(branch, scale: scale, to: &sum)
      return sum
    }
  }
}
