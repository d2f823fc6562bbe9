// What was measured of a model, picture by picture.

package import SedgeEvaluation

/// The output of a model against its source's and against ground truth.
package struct OutputMeasurement: Sendable {
  /// One picture.
  package struct Picture: Hashable, Sendable {
    /// The labels against the source's, and the truth where that is known.
    package var change: LabelChange
    /// The labels against the truth; `nil` where that is not known.
    package var counts: PictureCounts?
    /// From pixels to labels, in seconds.
    package var seconds: Double
  }

  /// The difference from the source's output, over all pictures.
  package var error: OutputError
  /// In the order of the source's pictures.
  package var pictures: [Picture]

  /// The time of a picture, in seconds.
  package var medianSeconds: Double {
    let seconds = pictures.map(\.seconds).sorted()
    guard !seconds.isEmpty else { return 0 }
    return (seconds[(seconds.count - 1) / 2] + seconds[seconds.count / 2]) / 2
  }

  /// The figures over resampled pictures; `nil` without ground truth.
  package func distribution(_ bootstrap: Bootstrap) throws -> BootstrapDistribution? {
    let counts = pictures.compactMap(\.counts)
    guard !counts.isEmpty else { return nil }
    return try bootstrap.distribution { body in for picture in counts { try body(picture) } }
  }

  /// The interval of 95 % of ``OutputError/labelChange``, in which pictures of any size count alike.
  package func labelChangeInterval(_ bootstrap: Bootstrap) throws -> Interval? {
    let unit = 1 << 32
    return try bootstrap.labelChangeInterval { body in
      for picture in pictures {
        let changed = Int((picture.change.share * Double(unit)).rounded())
        try body(LabelChange(pixels: unit, changed: changed, toward: 0, away: 0))
      }
    }
  }
}
