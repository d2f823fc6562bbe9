// The differences of two models.

package import SedgeArchitecture
public import SedgeTensor

/// One tensor of two models.
public struct TensorDifference: Hashable, Sendable {
  /// The verdict on the two sides.
  public enum Verdict: String, CaseIterable, Hashable, Sendable {
    /// Equal values.
    case equal
    /// Differences that rounding to the stored types explains.
    case rounding
    /// Larger differences.
    case different
    /// Equal values after two dimensions are exchanged.
    case transposed
    /// Different dimensions.
    case otherShape
    /// Missing in the second model.
    case onlyInFirst
    /// Missing in the first model.
    case onlyInSecond
    /// Outside of the model, such as optimizer states, and not compared.
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
  /// The verdict on the two sides.
  public var verdict: Verdict
  /// The deviation of the second side from the first; `nil` where the dimensions differ or a side is missing.
  public var deviation: Deviation?

  /// Whether the two sides count as equal.
  ///
  /// - Parameter tolerance: The largest relative RMS difference; `nil` for the rounding of the types.
  public func passes(tolerance: Double?) -> Bool {
    if verdict == .equal || verdict == .beside { return true }
    guard let tolerance else { return verdict == .rounding }
    // What is not finite on one side alone is out of any tolerance.
    guard verdict != .transposed, let deviation, deviation.largestAbsolute.isFinite else { return false }
    return deviation.relativeRMS <= tolerance
  }
}

/// The differences of two models.
public struct ModelDifference: Sendable {
  /// One of the two models.
  public struct Side: Hashable, Sendable {
    /// The file.
    public var path: String
    /// Its format's name.
    public var formatName: String
  }

  /// The form in which tensors were compared.
  public enum Form: String, Hashable, Sendable {
    /// As stored in both files, apart from prefixes and layouts.
    case stored
    /// One side folded like the other.
    case folded
    /// Both unfolded.
    case original
  }

  /// A setting outside the tensors that differs.
  public struct Setting: Hashable, Sendable {
    /// The name, which is that of its option.
    public var name: String
    /// The value of the first model.
    public var first: String
    /// The value of the second model.
    public var second: String
  }

  /// The reference.
  public var first: Side
  /// The file compared with it.
  public var second: Side
  /// The dimensions of both.
  package var architecture: Architecture
  /// The form in which tensors were compared.
  public var form: Form
  /// Settings that differ; only those that both files have.
  public var settings: [Setting]
  /// The tensors of both, in the order of the first, those of the second alone last.
  public var tensors: [TensorDifference]

  /// Whether the two models are equivalent.
  ///
  /// - Parameter tolerance: The largest relative RMS difference of a tensor; `nil` for the rounding of its types.
  public func passes(tolerance: Double?) -> Bool {
    settings.isEmpty && tensors.allSatisfy { $0.passes(tolerance: tolerance) }
  }

  /// The tensors with one verdict.
  public func tensors(_ verdict: TensorDifference.Verdict) -> [TensorDifference] {
    tensors.filter { $0.verdict == verdict }
  }
}
