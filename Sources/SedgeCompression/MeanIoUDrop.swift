// How sure a measured drop of mIoU is.

package import SedgeEvaluation

/// The drop of mIoU by an encoding, on some pictures with ground truth.
package struct MeanIoUDrop {
  private let before: Double
  private let after: Double
  private let interval: Interval?
  private let pictureCount: Int
  private let isHeldOut: Bool

  /// Collects the facts.
  ///
  /// - Parameters:
  ///   - before: The source's mIoU.
  ///   - after: The encoded model's.
  ///   - interval: The interval of 95 % of the drop, paired by picture; `nil` with too few pictures.
  package init(before: Double, after: Double, interval: Interval?, pictureCount: Int, isHeldOut: Bool) {
    (self.before, self.after, self.interval) = (before, after, interval)
    (self.pictureCount, self.isHeldOut) = (pictureCount, isHeldOut)
  }

  /// Compares two measurements of the same pictures, both with ground truth.
  init(
    from source: OutputMeasurement, to encoded: OutputMeasurement, classCount: Int, isHeldOut: Bool
  ) throws {
    let bootstrap = Bootstrap(classCount: classCount)
    let (first, second) = (try source.distribution(bootstrap), try encoded.distribution(bootstrap))
    let change = second.flatMap { second in
      first.flatMap { second.differenceInterval(of: .miou, from: $0) }
    }
    self.init(
      before: source.error.meanIoU ?? 0, after: encoded.error.meanIoU ?? 0,
      interval: change.map { Interval(low: -$0.high, high: -$0.low) }, pictureCount: source.pictures.count,
      isHeldOut: isHeldOut)
  }

  /// The drop in a sentence.
  ///
  /// - Parameter limit: The largest drop that was allowed.
  package func text(limit: Double) -> String {
    func percent(_ share: Double) -> String { ReportTable.Cell(percent: share).text }
    let pictures = "\(pictureCount) picture\(pictureCount == 1 ? "" : "s")"
    let text =
      "mIoU is \(percent(after))% instead of the source's \(percent(before))% on \(pictures)"
      + (isHeldOut ? " held out" : " of the calibration")
    guard let interval else { return text + "; with so few the drop has no interval" }
    return text
      + "; the drop is \(percent(interval.low)) to \(percent(interval.high)) points with 95 % confidence"
      + (interval.high > limit ? ", so that it takes more pictures to be sure of the budget" : "")
  }
}
