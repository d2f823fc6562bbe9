// A file's weights, decoded on all processors before a model takes them one by one.

package import SedgeArchitecture
package import SedgeTensor

/// Some of a file's weights in memory.
///
/// A model keeps them all anyway, so no more memory is taken than it needs.
package final class PreloadedWeights: WeightOverlay {
  package let base: any WeightSource
  private let loaded: [String: Tensor]

  /// Decodes the tensors whose names are wanted.
  ///
  /// - Throws: `FormatError` when bytes do not match their checksum, or hold what no encoder writes.
  package init(_ file: SedgeFile, where isWanted: (String) -> Bool) throws {
    base = file
    // The largest first, so that none is left to one processor in the end.
    let wanted = file.modelTensors.filter { isWanted($0.name) }.sorted { $0.elementCount > $1.elementCount }
    let values = try concurrentMap(wanted) { try file.values(of: $0) }
    loaded = Dictionary(zip(wanted.map(\.name), values), uniquingKeysWith: { first, _ in first })
  }

  package func values(of tensor: ModelTensor) throws -> Tensor { try loaded[tensor.name] ?? base.values(of: tensor) }
}
