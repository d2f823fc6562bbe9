// Winograd convolutions compared with direct ones in float64.

import SedgeOperators
import SedgeTensor
import Testing

@Suite("Winograd convolutions")
struct WinogradTests {
  struct Size: Sendable, CustomTestStringConvertible {
    var height: Int
    var width: Int
    var inputs: Int
    var outputs: Int
    /// The kernel's side, where it is not the form's.
    var kernel: Int?
    var testDescription: String { "\(height) x \(width), \(inputs) to \(outputs), kernel \(kernel ?? 0)" }
  }

  /// A convolution in float64, and the sum of the magnitudes that a Winograd convolution adds for each output: each rounds them a few times.
  private struct Expected {
    var values: [Double] = []
    var magnitudes: [Double] = []
  }

  /// The magnitudes of the factors of a form: of inputs (points x points), taps (points x taps) and products (points x outputs).
  private struct Factors {
    var inputs: [[Double]] = []
    var taps: [[Double]] = []
    var products: [[Double]] = []

    /// By Toom and Cook: a product of polynomials from its values at points and infinity.
    init(_ form: WinogradForm) {
      let finite: [Double] = [0, 1, -1, 0.5, -2, 2].dropLast(7 - form.points)
      for point in finite {
        let others = finite.filter { $0 != point }
        var distance = 1.0
        for other in others { distance *= abs(point - other) }
        inputs.append(Self.polynomial(others).map { abs($0) } + [0])
        taps.append(Self.powers(point, form.taps).map { $0 / distance })
        products.append(Self.powers(point, form.outputs))
      }
      inputs.append(Self.polynomial(finite).map { abs($0) })
      taps.append((0..<form.taps).map { $0 == form.taps - 1 ? 1 : 0 })
      products.append((0..<form.outputs).map { $0 == form.outputs - 1 ? 1 : 0 })
    }

    /// The magnitudes of the first powers of a point.
    private static func powers(_ point: Double, _ count: Int) -> [Double] {
      var result = [1.0]
      while result.count < count { result.append(result[result.count - 1] * abs(point)) }
      return result
    }

    /// The coefficients of the product of (x - root).
    private static func polynomial(_ roots: [Double]) -> [Double] {
      var result = [1.0]
      for root in roots {
        let shifted = [0] + result
        let scaled = result.map { $0 * root } + [0]
        result = zip(shifted, scaled).map { $0 - $1 }
      }
      return result
    }
  }

  /// - Parameter image: The image with all its padding; the first output reads its first pixels.
  private func expected(_ image: Tensor, _ kernel: Tensor, _ form: WinogradForm, _ size: Size) -> Expected {
    let (side, lineCount) = (kernel.shape[1], image.shape[1] * size.inputs)
    let (pixels, weights) = (image.values, kernel.values)
    let magnitudes = tileMagnitudes(image, kernel, form, size)
    let factors = Factors(form)
    var result = Expected()
    for y in 0..<size.height {
      for x in 0..<size.width {
        let tile = magnitudes[y / form.outputs][x / form.outputs]
        for output in 0..<size.outputs {
          var (sum, magnitude) = (0.0, 0.0)
          for ky in 0..<side {
            for kx in 0..<side {
              let (from, by) = (
                (y + ky) * lineCount + (x + kx) * size.inputs,
                ((output * side + ky) * side + kx) * size.inputs
              )
              for channel in 0..<size.inputs {
                sum += Double(weights[by + channel]) * Double(pixels[from + channel])
              }
            }
          }
          for p in 0..<form.points {
            for q in 0..<form.points {
              magnitude +=
                factors.products[p][y % form.outputs] * factors.products[q][x % form.outputs]
                * tile[(p * form.points + q) * size.outputs + output]
            }
          }
          result.values.append(sum)
          result.magnitudes.append(magnitude)
        }
      }
    }
    return result
  }

  /// The sums of magnitudes of the products at each point, by line and column of the tile: points x points x outputs.
  private func tileMagnitudes(
    _ image: Tensor, _ kernel: Tensor, _ form: WinogradForm, _ size: Size
  ) -> [[[Double]]] {
    let (points, side, factors) = (form.points, kernel.shape[1], Factors(form))
    let (pixels, weights, lineCount) = (image.values, kernel.values, image.shape[1] * size.inputs)
    let groups = (side + form.taps - 1) / form.taps
    /// Of the weights at point (p, q), of an output and of a group: one sum for each input.
    func taps(_ p: Int, _ q: Int, _ output: Int, _ line: Int, _ column: Int) -> [Double] {
      var sums = [Double](repeating: 0, count: size.inputs)
      for i in 0..<form.taps {
        for j in 0..<form.taps {
          let (ky, kx) = (line * form.taps + i, column * form.taps + j)
          guard ky < side, kx < side else { continue }
          let (factor, from) = (
            factors.taps[p][i] * factors.taps[q][j], ((output * side + ky) * side + kx) * size.inputs
          )
          for channel in sums.indices { sums[channel] += factor * Double(abs(weights[from + channel])) }
        }
      }
      return sums
    }
    /// Of the inputs of a tile at point (p, q).
    func inputs(_ p: Int, _ q: Int, _ line: Int, _ column: Int) -> [Double] {
      var sums = [Double](repeating: 0, count: size.inputs)
      for i in 0..<points {
        for j in 0..<points {
          let (factor, from) = (
            factors.inputs[p][i] * factors.inputs[q][j],
            (line * form.outputs + i) * lineCount + (column * form.outputs + j) * size.inputs
          )
          for channel in sums.indices { sums[channel] += factor * Double(abs(pixels[from + channel])) }
        }
      }
      return sums
    }
    let (lines, columns) = (
      (size.height + form.outputs - 1) / form.outputs, (size.width + form.outputs - 1) / form.outputs
    )
    var result = [[[Double]]](
      repeating: [[Double]](
        repeating: [Double](repeating: 0, count: points * points * size.outputs), count: columns),
      count: lines)
    for point in 0..<points * points {
      let (p, q) = (point / points, point % points)
      for group in 0..<groups * groups {
        let (groupLine, groupColumn) = (group / groups, group % groups)
        let factors = (0..<size.outputs).map { taps(p, q, $0, groupLine, groupColumn) }
        for line in 0..<lines {
          for column in 0..<columns {
            let values = inputs(p, q, line + groupLine, column + groupColumn)
            for output in 0..<size.outputs {
              for channel in 0..<size.inputs {
                result[line][column][point * size.outputs + output] +=
                  values[channel] * factors[output][channel]
              }
            }
          }
        }
      }
    }
    return result
  }

  /// An image whose padding is 0: as many pixels as the tiles read.
  private func image(_ size: Size, _ layer: Kernels.WinogradLayer, side: Int) -> Tensor {
    let (height, width) = (layer.inputCount(size.height), layer.inputCount(size.width))
    var image = random([height, width, size.inputs], seed: 2)
    for y in 0..<height {
      for x in 0..<width where y >= size.height + side - 1 || x >= size.width + side - 1 {
        for channel in 0..<size.inputs { image.values[(y * width + x) * size.inputs + channel] = 0 }
      }
    }
    return image
  }

  @Test(
    "The outputs are those of a direct convolution, and nothing else is written",
    arguments: Kernels.available,
    pairs(
      WinogradForm.allCases,
      [
        Size(height: 1, width: 1, inputs: 16, outputs: 16),
        Size(height: 5, width: 9, inputs: 19, outputs: 32),
        Size(height: 8, width: 12, inputs: 17, outputs: 16),
        Size(height: 2, width: 31, inputs: 40, outputs: 48),
        Size(height: 6, width: 7, inputs: 16, outputs: 16, kernel: 7),
        Size(height: 9, width: 4, inputs: 21, outputs: 32, kernel: 5),
      ]))
  func convolution(kernels: Kernels, pair: (WinogradForm, Size)) {
    let (form, size) = pair
    // Only groups of as many taps as outputs are as far apart as tiles.
    guard size.kernel == nil || form.taps == form.outputs else { return }
    let side = size.kernel ?? form.taps
    let kernel = random([size.outputs, side, side, size.inputs], seed: 1)
    let bias = random([size.outputs], seed: 3)
    let layer = kernels.winogradLayer(kernel, bias: bias.values, form: form)
    let image = image(size, layer, side: side)
    let expected = expected(image, kernel, form, size)

    let (margin, line) = (5, size.width * size.outputs)
    let addend = random([margin + size.height * line], seed: 4)
    let output = FloatBuffer([Float](repeating: .nan, count: size.height * line + 2 * margin))
    let (tiles, count) = (layer.tileCount(size.width), layer.tileCount(size.height))
    let scratch = Kernels.WinogradScratch([(layer, 2, tiles)])
    for first in stride(from: 0, to: count, by: 2) {
      kernels.convolve(
        FloatBuffer(image.values), at: first * form.outputs * image.shape[1] * size.inputs,
        lineStride: image.shape[1] * size.inputs, rowCount: min(2, count - first), tiles: tiles, by: layer,
        addend: FloatBuffer(addend.values), into: output, scratch
      ) { row in
        let y = (first + row) * form.outputs
        return [
          Kernels.TileOutputs(
            start: margin + y * line, lineStride: line, pixelStride: size.outputs,
            lines: 0..<min(form.outputs, size.height - y), columns: 0..<size.width)
        ]
      }
    }
    // Two transforms of at most seven terms in each dimension round them at most seven times each; the sums of products as often as they
    // have terms; the weights, bias and addend once.
    let groups = (side + form.taps - 1) / form.taps
    let roundings = Double(4 * 7 + groups * groups * size.inputs + 3) * Naive.roundoff
    let outliers = expected.values.indices.filter { i in
      let sum = expected.values[i] + bias.at(i % size.outputs) + addend.at(margin + i)
      let bound = roundings * (expected.magnitudes[i] + 2)
      return !(abs(Double(output[margin + i]) - sum) <= bound)
    }
    #expect(outliers.isEmpty, "\(kernels.name)")
    // The bound is loose, since errors have random signs; this is not.
    let largest = expected.values.reduce(0) { max($0, abs($1)) }
    var error = 0.0
    for (i, value) in expected.values.enumerated() {
      let sum = value + bias.at(i % size.outputs) + addend.at(margin + i)
      error = max(error, abs(Double(output[margin + i]) - sum))
    }
    #expect(error <= 2e-5 * max(largest, 1), "\(kernels.name): \(error / largest)")
    #expect((0..<margin).allSatisfy { output[$0].isNaN && output[output.count - 1 - $0].isNaN })
  }

  @Test("Parts of the channels go to places of their own, cut at every side", arguments: Kernels.available)
  func parts(kernels: Kernels) {
    let (form, size) = (WinogradForm.threeOutputsTwoTaps, Size(height: 5, width: 7, inputs: 16, outputs: 32))
    let kernel = random([32, 2, 2, 16], seed: 5)
    let layer = kernels.winogradLayer(kernel, form: form)
    let image = image(size, layer, side: 2)
    let expected = expected(image, kernel, form, size)
    // Part p of the channels of output (y, x) goes to pixel (y - p, 2 x + p - 1) of an image of 4 x 13 pixels, where there is one.
    let (height, width) = (4, 13)
    let output = FloatBuffer([Float](repeating: .nan, count: height * width * 16))
    let scratch = Kernels.WinogradScratch([(layer, 2, 3)])
    kernels.convolve(
      FloatBuffer(image.values), at: 0, lineStride: image.shape[1] * 16, rowCount: 2, tiles: 3, by: layer,
      into: output, scratch
    ) { row in
      (0..<2).map { part in
        let y = 3 * row
        return Kernels.TileOutputs(
          start: ((y - part) * width + part - 1) * 16, lineStride: width * 16, pixelStride: 32,
          lines: max(0, part - y)..<min(3, height + part - y), columns: (1 - part)..<7)
      }
    }
    for y in 0..<height {
      for x in 0..<width {
        let part = 1 - x % 2
        let source = ((y + part) * 7 + (x + 1 - part) / 2) * 32 + 16 * part
        for channel in 0..<16 {
          let value = Double(output[(y * width + x) * 16 + channel])
          #expect(abs(value - expected.values[source + channel]) <= 1e-5, "\(kernels.name): \(y), \(x)")
        }
      }
    }
  }

  @Test("Only layers of whole vectors are computed so", arguments: Kernels.available)
  func choice(kernels: Kernels) {
    #expect(kernels.isWinogradFaster(inputs: 64, outputs: 64, thanInt8: false))
    #expect(kernels.isWinogradFaster(inputs: 19, outputs: 16, thanInt8: false))
    #expect(!kernels.isWinogradFaster(inputs: 1, outputs: 64, thanInt8: false))
    #expect(!kernels.isWinogradFaster(inputs: 64, outputs: 17, thanInt8: false))
    #expect(!kernels.isWinogradFaster(inputs: 64, outputs: 1, thanInt8: false))
  }
}
