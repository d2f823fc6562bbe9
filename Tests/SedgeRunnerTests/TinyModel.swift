// Small models and inputs for them.

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

/// The reference, and float32 with each kernel set that this processor supports.
let computations: [Compute] =
  [Compute(.reference)]
  + Kernels.available.map { kernels in
    var compute = Compute(.float32)
    compute.kernels = kernels
    return compute
  }

/// Float32, bfloat16 and int8 with each kernel set that this processor supports.
let fusedComputations: [Compute] = computations.dropFirst().flatMap { compute in
  [Compute.Arithmetic.float32, .bf16, .int8].map { arithmetic in
    var result = compute
    result.arithmetic = arithmetic
    return result
  }
}

extension Compute {
  /// The same on another number of threads.
  func on(threads: Int) -> Compute {
    var result = self
    result.threads = threads
    return result
  }
}

/// A model with an input of 64 x 64.
func model(_ weights: any WeightSource) throws -> SegmentationModel {
  try SegmentationModel(weights: weights, preprocessing: Preprocessing(resolution: 64))
}

/// A deterministic picture without uniform areas.
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

/// All pairs of elements of two lists.
func pairs<A, B>(_ a: [A], _ b: [B]) -> [(A, B)] { a.flatMap { a in b.map { (a, $0) } } }
