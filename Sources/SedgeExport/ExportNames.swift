// The naming schemes of an export.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeFolding

/// The naming scheme of exported tensors.
public enum ExportNames: String, CaseIterable, Hashable, Sendable {
  /// SED's names, for the whole model.
  case sed
  /// OpenCLIP's names, for the image and the text encoder.
  case openclip

  /// The name of a tensor given by its name in ``sed``; `nil` for a tensor outside the named model.
  package func name(of tensor: String) -> String? {
    switch self {
    case .sed: return tensor
    case .openclip:
      guard let name = SourceNaming.sed(prefix: UnfoldedCheckpoint.prefix).canonicalName(tensor),
        ModelPath.isInCLIP(name)
      else { return nil }
      return SourceNaming(.openCLIP).fileName(name)
    }
  }
}
