// In what two models differ, for people and for scripts.

package import SedgeArchitecture
public import SedgeTensor

/// One tensor of two models beside each other.
public struct TensorDifference: Hashable, Sendable {
  /// How the two sides compare.
  public enum Verdict: String, CaseIterable, Hashable, Sendable {
    /// Every value is the same.
    case equal
    /// No value is further off than rounding to the stored types explains.
    case rounding
    /// Some values are further off.
    case different
    /// The values are the same with two dimensions exchanged.
    case transposed
    /// The dimensions are others.
    case otherShape
    /// The second model does not have it.
    case onlyInFirst
    /// The first model does not have it.
    case onlyInSecond
    /// No model has it, the files do: optimizer states and the like, which are not compared.
    case beside
  }

  /// The name, less each file's prefix.
  public var name: String
  /// The dimensions, those of the first side where it has the tensor.
  public var shape: [Int]
  /// Element type or codec in the first file; `nil` where it does not have the tensor.
  public var firstType: String?
  /// Element type or codec in the second file; `nil` where it does not have the tensor.
  public var secondType: String?
  /// How the two sides compare.
  public var verdict: Verdict
  /// How far the second side is from the first; `nil` where the dimensions differ or a side is missing.
  public var deviation: Deviation?

  /// Whether the two sides count as the same.
  ///
  /// - Parameter tolerance: The largest relative RMS difference; `nil` for what the types' rounding explains.
  public func passes(tolerance: Double?) -> Bool {
    if verdict == .equal || verdict == .beside { return true }
    guard let tolerance else { return verdict == .rounding }
    return (verdict != .transposed && (deviation.map { $0.relativeRMS <= tolerance } ?? false))
  }
}

/// Everything in which two models differ.
public struct ModelDifference: Sendable {
  /// One of the two.
  public struct Side: Hashable, Sendable {
    /// The file.
    public var path: String
    /// Its format's name.
    public var formatName: String
  }

  /// The form in which tensors were compared.
  public enum Form: String, Hashable, Sendable {
    /// As both files have them, but for names' prefixes and layouts.
    case stored
    /// One side folded as the other is.
    case folded
    /// Both with their folding undone.
    case original
  }

  /// A number outside the tensors that one model has otherwise.
  public struct Setting: Hashable, Sendable {
    /// What it is, as the option is called that sets it.
    public var name: String
    /// The first model's.
    public var first: String
    /// The second model's.
    public var second: String
  }

  /// The reference.
  public var first: Side
  /// What is held against it.
  public var second: Side
  /// The dimensions of both.
  package var architecture: Architecture
  /// The form in which tensors were compared.
  public var form: Form
  /// Settings that differ; found only where both files have them.
  public var settings: [Setting]
  /// The tensors of both, in the order of the first, those of the second alone last.
  public var tensors: [TensorDifference]

  /// Whether the two compute the same.
  ///
  /// - Parameter tolerance: The largest relative RMS difference of a tensor; `nil` for what its types' rounding explains.
  public func passes(tolerance: Double?) -> Bool {
    settings.isEmpty && tensors.allSatisfy { $0.passes(tolerance: tolerance) }
  }

  /// The tensors with one verdict.
  public func tensors(_ verdict: TensorDifference.Verdict) -> [TensorDifference] {
    tensors.filter { $0.verdict == verdict }
  }
}
