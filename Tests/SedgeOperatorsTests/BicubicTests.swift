// Bicubic resizing compared with values from PyTorch.

import SedgeOperators
import SedgeTensor
import Testing

/// A resize of `x[i] = ((37 i + 11) mod 64) / 8 - 3.5` by PyTorch's `interpolate(mode="bicubic")`.
struct BicubicCase: CustomTestStringConvertible {
  var height: Int
  var width: Int
  var outHeight: Int
  var outWidth: Int
  var antialiases: Bool
  var expected: [Float]
  var testDescription: String {
    "\(height)x\(width) to \(outHeight)x\(outWidth)\(antialiases ? ", antialiased" : "")"
  }

  var grid: Tensor {
    Tensor(
      shape: [height, width, 1], values: (0..<height * width).map { Float((37 * $0 + 11) % 64) / 8 - 3.5 })
  }

  static let all = [
    BicubicCase(
      height: 3, width: 4, outHeight: 5, outWidth: 7, antialiases: false,
      expected: [
        -2.90007567, -0.272585064, 2.91080761, 0.956499577, -0.997806251, 2.18558574, 4.81307459, -1.48590732,
        -0.800063133, 0.111491807, 0.0505001098, -0.0104909968, 0.901063204, 1.58690703, 0.709855676,
        -1.05943727, -3.02053356, -0.687499464, 1.6455332, -0.315564156, -2.08485556, 2.47700477, 0.41887182,
        -1.88018298, 0.734501183, 3.34918356, 1.05012715, -1.00800288, 3.449857, 1.6805625, -0.280534297,
        2.05250072, 4.38553476, 2.42443562, 0.655144334,
      ]),
    BicubicCase(
      height: 3, width: 4, outHeight: 5, outWidth: 7, antialiases: true,
      expected: [
        -2.7284627, -0.582397342, 2.80065107, 0.925707519, -0.949235618, 2.43381381, 4.57987642, -1.50437307,
        -0.788904488, 0.394099295, 0.17444022, -0.0452184789, 1.13778543, 1.85325313, 0.642728925,
        -0.821016848, -2.98932004, -0.6875, 1.61432016, -0.553984404, -2.01772857, 2.40621948, 0.792183161,
        -1.60724437, 0.86847055, 3.34418535, 0.944756448, -0.669277966, 3.33140802, 1.86766231, -0.300640851,
        2.00117922, 4.30299902, 2.13469458, 0.670950532,
      ]),
    BicubicCase(
      height: 5, width: 7, outHeight: 3, outWidth: 4, antialiases: false,
      expected: [
        -0.138678551, -0.451144874, 1.16555464, -0.166876778, 0.514099121, -0.767333984, 0.849365234,
        0.485900879, 1.16687667, -0.114556074, 1.50214267, 1.13867831,
      ]),
    BicubicCase(
      height: 5, width: 7, outHeight: 3, outWidth: 4, antialiases: true,
      expected: [
        -0.0684045777, 1.56650221, 0.886024177, -0.491378546, 0.800532699, 0.104376987, -0.576101005,
        0.377558738, 1.49137819, 0.113975897, -0.566502094, 1.06840432,
      ]),
    BicubicCase(
      height: 2, width: 2, outHeight: 5, outWidth: 3, antialiases: false,
      expected: [
        -2.66428924, 0.0496878475, 2.76366353, -2.42397666, 0.29000026, 3.00397587, -1.90147614, 0.8125,
        3.52647495, -1.37897515, 1.33500016, 4.04897499, -1.13866365, 1.57531285, 4.28928852,
      ]),
    BicubicCase(
      height: 2, width: 2, outHeight: 5, outWidth: 3, antialiases: true,
      expected: [
        -2.55309653, 0.0636793077, 2.68045616, -2.34733796, 0.26943773, 2.88621426, -1.80427575, 0.8125,
        3.42927694, -1.2612133, 1.35556221, 3.97233915, -1.05545461, 1.56132102, 4.1780982,
      ]),
    BicubicCase(
      height: 1, width: 1, outHeight: 2, outWidth: 3, antialiases: false,
      expected: [-2.12500048, -2.125, -2.12499928, -2.12500072, -2.125, -2.12499928]),
    BicubicCase(
      height: 1, width: 1, outHeight: 2, outWidth: 3, antialiases: true,
      expected: [-2.125, -2.125, -2.125, -2.125, -2.125, -2.125]),
    BicubicCase(
      height: 6, width: 5, outHeight: 2, outWidth: 2, antialiases: false,
      expected: [0.933105469, 2.59814453, -0.723144531, -0.870605469]),
    BicubicCase(
      height: 6, width: 5, outHeight: 2, outWidth: 2, antialiases: true,
      expected: [0.178657129, 0.412805498, 0.795065045, -0.0461781658]),
    BicubicCase(
      height: 3, width: 3, outHeight: 3, outWidth: 3, antialiases: false,
      expected: [-2.125, 2.5, -0.875, 3.75, 0.375, -3, 1.625, -1.75, 2.875]),
    BicubicCase(
      height: 3, width: 3, outHeight: 3, outWidth: 3, antialiases: true,
      expected: [-2.125, 2.5, -0.875, 3.75, 0.375, -3, 1.625, -1.75, 2.875]),
    BicubicCase(
      height: 9, width: 2, outHeight: 2, outWidth: 5, antialiases: false,
      expected: [
        0.176171511, -0.124219052, -0.77734375, -1.43046916, -1.73085988, -3.73159289, -2.62615561,
        -0.22265625, 2.18084574, 3.28628182,
      ]),
    BicubicCase(
      height: 9, width: 2, outHeight: 2, outWidth: 5, antialiases: true,
      expected: [
        0.527931929, 0.48064819, 0.35585165, 0.231055051, 0.183771521, 0.408392966, 0.41624102, 0.436954796,
        0.457668483, 0.465516746,
      ]),
  ]
}

@Suite("Bicubic resizing")
struct BicubicTests {
  @Test("A grid is resized as by PyTorch", arguments: BicubicCase.all)
  func resize(_ resize: BicubicCase) {
    let result = resizeBicubic(
      resize.grid, height: resize.outHeight, width: resize.outWidth,
      coefficient: resize.antialiases ? -0.5 : -0.75, antialiases: resize.antialiases)
    #expect(result.shape == [resize.outHeight, resize.outWidth, 1])
    // A weight is off by at most two roundoffs of a position below 16; weights sum to at most 2, values are below 4.5.
    for (a, b) in zip(result.values, resize.expected) { #expect(abs(a - b) <= 32 * 9 * 0x1p-24) }
  }

  @Test("Channels are resized independently", arguments: [false, true])
  func channels(antialiases: Bool) {
    let grid = random([4, 3, 5], seed: 1)
    let together = resizeBicubic(grid, height: 7, width: 2, coefficient: -0.75, antialiases: antialiases)
    for channel in 0..<5 {
      let one = Tensor(shape: [4, 3, 1], values: (0..<12).map { grid.values[$0 * 5 + channel] })
      let alone = resizeBicubic(one, height: 7, width: 2, coefficient: -0.75, antialiases: antialiases)
      #expect(alone.values == (0..<14).map { together.values[$0 * 5 + channel] })
    }
  }

  @Test("Resizing to the same size changes nothing", arguments: [false, true], [-0.75, -0.5] as [Float])
  func sameSize(antialiases: Bool, coefficient: Float) {
    let grid = random([6, 9, 2], seed: 2)
    #expect(
      resizeBicubic(grid, height: 6, width: 9, coefficient: coefficient, antialiases: antialiases) == grid)
  }
}
