// The weights of a .sedge file under PyTorch's names.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
import SedgeFolding
package import SedgeTensor

/// The tensors that an export has, each computed when it is read.
package struct ExportedWeights {
  /// The names of the tensors.
  package let names: ExportNames
  /// The tensors under these names, all float32, in the order of a checkpoint.
  package let tensors: [TensorInfo]
  let file: SedgeFile
  let checkpoint: UnfoldedCheckpoint
  /// The tensors under the checkpoint's own names.
  let sources: [TensorInfo]

  /// Unfolds a file.
  ///
  /// - Parameters:
  ///   - requestedNames: By default those of SED; OpenCLIP's for CLIP alone.
  ///   - allowsInexact: Whether norms may replace biases that they cannot reproduce exactly.
  /// - Throws: As ``ModelExport/run(output:names:allowsInexact:progress:)``.
  init(_ file: SedgeFile, names requestedNames: ExportNames?, allowsInexact: Bool) throws {
    self.file = file
    names = requestedNames ?? (file.architecture.segmenter == nil ? .openclip : .sed)
    checkpoint = try UnfoldedCheckpoint(file)
    let inexact = checkpoint.shifts.filter { !$0.isExact }
    if !allowsInexact, !inexact.isEmpty { throw Self.refusal(inexact, path: file.path) }
    let pairs = checkpoint.tensors.compactMap { [names] source in
      names.name(of: source.name).flatMap {
        TensorInfo(name: $0, elementType: source.elementType, shape: source.shape)
      }.map { (source, $0) }
    }
    (sources, tensors) = (pairs.map(\.0), pairs.map(\.1))
  }

  private static func refusal(_ shifts: [SolvedShift], path: String) -> UsageError {
    let layers = shifts.map { "\($0.layer) (a residual of \(figure($0.residual)))" }
    return UsageError(.inexactExport(layers: layers, limit: SolvedShift.largestResidual), path: path)
  }

  /// Computes the values of a tensor, as little-endian float32.
  ///
  /// - Parameters:
  ///   - index: Its index in ``tensors``.
  ///   - destination: As many bytes as the tensor has.
  package func read(_ index: Int, into destination: inout MutableRawSpan) throws {
    try checkpoint.read(sources[index], into: &destination)
  }
}
