// The outcome of an export.

package import SedgeArchitecture
package import SedgeQuantization

/// One tensor of an exported checkpoint.
public struct ExportedTensor: Hashable, Sendable {
  /// The origin of its values.
  public enum Origin: String, CaseIterable, Hashable, Sendable {
    /// Stored in float32.
    case exact
    /// Decoded from a lossy codec.
    case dequantized
    /// Unfolded: a fold was undone.
    case unfolded
    /// Ones or zeros that replace a tensor which other layers have absorbed.
    case neutral
    /// A norm's shift, solved to reproduce a folded bias.
    case solved
  }

  /// The name in the exported file.
  public var name: String
  /// The dimensions, in PyTorch's order.
  public var shape: [Int]
  /// The origin of its values.
  public var origin: Origin
  /// The codec in the `.sedge` file; `nil` for a tensor that folding removed.
  package var codec: CodecIdentifier?
  /// The layer whose bias a solved shift replaces.
  public var layer: String?
  /// The part of that bias that the shift does not reproduce: the length of the difference over the bias's.
  public var residual: Double?

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// The outcome of an export.
public struct ExportSummary: Sendable {
  /// The model's dimensions.
  package var architecture: Architecture
  /// The naming scheme of the tensors.
  public var names: ExportNames
  /// The file.
  public var outputPath: String
  /// Bytes of the `.sedge` file.
  public var sourceByteCount: Int
  /// Bytes of the exported one.
  public var outputByteCount: Int
  /// The tensors, in the order of the forward pass.
  public var tensors: [ExportedTensor]

  /// Elements of all tensors.
  public var elementCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }
  /// Whether layers keep absorbed tensors: the function is the original's, the values are not.
  public var keepsAbsorbed: Bool { tensors.contains { $0.origin == .neutral || $0.origin == .solved } }
}
