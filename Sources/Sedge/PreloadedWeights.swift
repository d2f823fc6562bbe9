// Weights of a file that are decoded in parallel before a model reads them one by one.

import SedgeArchitecture
import SedgeContainer
import SedgeOperators
import SedgeTensor

/// Some of a file's weights in memory.
///
/// A model keeps all weights that it reads, so that decoding them early takes no further memory.
final class PreloadedWeights: WeightOverlay {
  let base: any WeightSource
  private let loaded: [String: Tensor]

  /// Decodes the tensors of the requested names.
  ///
  /// - Throws: `FormatError` when bytes do not match their checksum, or hold codes that no encoder writes.
  init(_ file: SedgeFile, where isRequested: (String) -> Bool) throws {
    base = file
    // The largest first, so that no processor is left with a large tensor at the end.
    let requested = file.modelTensors.filter { isRequested($0.name) }.sorted {
      $0.elementCount > $1.elementCount
    }
    let values = try Workers().map(requested) { try file.values(of: $0) }
    loaded = Dictionary(zip(requested.map(\.name), values), uniquingKeysWith: { first, _ in first })
  }

  func values(of tensor: ModelTensor) throws -> Tensor { try loaded[tensor.name] ?? base.values(of: tensor) }
}
