// The classes that early rejection kept on one side alone.

/// The stages of early rejection in one run of a model beside the same run of its reference.
public struct RejectionComparison: Hashable, Sendable, Codable {
  /// A class that one side kept and the other rejected, both having had it until then.
  public struct Decision: Hashable, Sendable, Codable {
    /// The number of the class.
    public var classIndex: Int
    /// Its name, where that is known.
    public var className: String?
    /// Whether the reference kept it; else the model did.
    public var isKeptByReference: Bool
    /// By how much the class's score was above the score that decides, at the pixel where that is most: the best
    /// rejected one where it was kept, the worst kept one where it was rejected, which makes it negative. `nil` where the
    /// scores were not recorded.
    public var referenceMargin: Double?
    /// The same on the side of the model.
    public var modelMargin: Double?
    /// The reference's margin, without its sign, over the stage's ``Stage/scoreError``: at most 1 where the decision was
    /// nearer than the scores are to each other.
    public var closeness: Double?
    /// The share of the pixels that have the class on the side that kept it, and another on the other side; `nil` where
    /// labels were not recorded.
    public var changedLabels: Double?

    /// Whether the decision was within the error of the scores; `nil` where that is not known.
    public var isWithinError: Bool? { closeness.map { $0 <= 1 } }
  }

  /// One stage.
  public struct Stage: Hashable, Sendable, Codable {
    /// 0, 1 or 2.
    public var index: Int
    /// The classes that both sides had to decide about.
    public var candidateCount: Int
    /// The classes that the reference kept.
    public var referenceCount: Int
    /// The classes that the model kept.
    public var modelCount: Int
    /// The root mean square of the differences between both sides' scores of ``candidateCount`` classes; `nil` where they
    /// were not recorded.
    public var scoreError: Double?
    /// The same over the root mean square of the reference's scores.
    public var relativeScoreError: Double?
    /// The decisions that differ.
    public var decisions: [Decision]
  }

  /// The number of classes that are kept at a pixel.
  public var topK: Int
  /// The stages that both sides recorded.
  public var stages: [Stage]
  /// The share of the pixels with different labels, one of which the other side has rejected; `nil` where labels were not
  /// recorded.
  public var changedLabels: Double?

  /// The decisions of all stages that differ.
  public var decisions: [Decision] { stages.flatMap(\.decisions) }
  /// The classes that both sides had to decide about, all stages together.
  public var candidateCount: Int { stages.reduce(0) { $0 + $1.candidateCount } }
  /// The decisions that differ, and were nearer than the error of the scores.
  public var withinErrorCount: Int { decisions.count { $0.isWithinError == true } }

  /// Names the classes of all decisions.
  public mutating func name(_ names: [String]) {
    for stage in stages.indices {
      for index in stages[stage].decisions.indices {
        let number = stages[stage].decisions[index].classIndex
        if names.indices.contains(number) { stages[stage].decisions[index].className = names[number] }
      }
    }
  }
}
