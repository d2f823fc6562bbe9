// Small models to run, sound and spoiled.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeOperators
import SedgeRunner
import SedgeTensor
import TestSupport

/// The start and end tokens of the models of `Fixtures/tiny`.
let (startToken, endToken): (Int32, Int32) = (298, 299)

/// The weights of a model of `Fixtures/tiny`.
func tinyWeights(
  _ name: String = "linear", folding: Bool = false, resolution: Int = 64,
  options: ArchitectureOptions = ArchitectureOptions(textHeads: 2)
) throws -> FoldedModel {
  try FoldedModel(
    Checkpoint(HDF5Archive(path: fixture("tiny/\(name).h5")), options: options),
    preprocessing: Preprocessing(resolution: resolution), folding: folding)
}

/// Every way to compute that this processor has: the reference, and each set of kernels.
let computations: [Compute] =
  [Compute(.reference)]
  + Kernels.available.map { kernels in
    var compute = Compute(.float32)
    compute.kernels = kernels
    return compute
  }

extension Compute {
  /// The same on another number of threads.
  func on(threads: Int) -> Compute {
    var result = self
    result.threads = threads
    return result
  }
}

/// A model that runs pictures of 64 x 64.
func model(_ weights: any WeightSource) throws -> SegmentationModel {
  try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: 64))
}

/// Weights some of which are another number throughout, or gone.
final class SpoiledWeights: WeightOverlay {
  let base: any WeightSource
  private let numbers: [String: Float]
  private let missing: String?

  init(_ sound: any WeightSource, numbers: [String: Float] = [:], missing: String? = nil) {
    base = sound
    self.numbers = numbers
    self.missing = missing
  }

  var modelTensors: [ModelTensor] { base.modelTensors.filter { $0.name != missing } }

  func values(of tensor: ModelTensor) throws -> Tensor {
    guard let number = numbers[tensor.name] else { return try base.values(of: tensor) }
    return Tensor(shape: tensor.shape, values: [Float](repeating: number, count: tensor.elementCount))
  }
}

/// A picture with something everywhere, always the same.
func picture(height: Int, width: Int) -> [UInt8] {
  (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
}

/// A prompt of so many words, different for each `seed`.
func prompt(wordCount: Int, seed: Int) -> [Int32] {
  let words = (0..<wordCount).map { (word: Int) -> Int32 in Int32((37 * seed + 5 * word) % 298) }
  return [startToken] + words + [endToken]
}

/// Prompts of different words for each class and template.
func tokens(classes: Int, templates: Int) -> [[[[Int32]]]] {
  (0..<classes).map { (index: Int) -> [[[Int32]]] in
    (0..<templates).map { [prompt(wordCount: $0 + 1, seed: index * templates + $0)] }
  }
}
