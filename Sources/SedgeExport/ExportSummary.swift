// What an export did, for people and for scripts.

package import SedgeArchitecture
package import SedgeQuantization

/// One tensor of an exported checkpoint.
public struct ExportedTensor: Hashable, Sendable {
  /// Where its values come from.
  public enum Origin: String, CaseIterable, Hashable, Sendable {
    /// The file has them in float32.
    case exact
    /// The file has them coded.
    case dequantized
    /// The file has them with something folded in, which was taken out.
    case unfolded
    /// Ones or zeros in the place of what other layers have absorbed.
    case neutral
    /// A norm's shift, found to do what a folded bias does.
    case solved
  }

  /// The name in the exported file.
  public var name: String
  /// The dimensions, in PyTorch's order.
  public var shape: [Int]
  /// Where its values come from.
  public var origin: Origin
  /// How the `.sedge` file stores it; `nil` where folding removed it.
  package var codec: CodecIdentifier?
  /// The layer whose bias a solved shift replaces.
  public var layer: String?
  /// What the shift does not reproduce of that bias: the length of the difference over the bias's.
  public var residual: Double?

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// The outcome of an export.
public struct ExportSummary: Sendable {
  /// The model's dimensions.
  package var architecture: Architecture
  /// Whose names the tensors have.
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
  /// Whether layers keep what they absorbed, so that the function is the original's and the numbers are not.
  public var keepsAbsorbed: Bool { tensors.contains { $0.origin == .neutral || $0.origin == .solved } }
}
