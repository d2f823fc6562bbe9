// Which layers make the error.

package import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor

/// Runs a source and a file side by side, operator by operator, and measures every layer.
///
/// Both must be folded alike, so that they have the same layers. Early rejection is off: both compute all classes.
package struct LayerAttribution {
  private let source: any WeightSource
  private let stored: any WeightSource
  private let preprocessing: Preprocessing
  private let meeting: LayerMeeting
  private let operators: (source: MeetingOperators, stored: MeetingOperators)

  /// Prepares; nothing is loaded yet.
  ///
  /// - Parameter compute: How both compute: in float32, or as the reference does.
  package init(
    source: any WeightSource, stored: any WeightSource, preprocessing: Preprocessing, compute: Compute
  ) throws {
    precondition(source.foldState == stored.foldState)
    let base = try compute.exact.operators()
    let meeting = LayerMeeting(base)
    (self.source, self.stored, self.preprocessing) = (source, stored, preprocessing)
    self.meeting = meeting
    operators = (
      MeetingOperators(base) { meeting.take($0) }, MeetingOperators(base) { meeting.offer($0) }
    )
  }

  /// The errors that were measured so far, in the order of the forward pass.
  package var errors: [LayerError] { meeting.errors }

  /// Encodes prompts.
  ///
  /// - Parameter tokens: As for ``SedgeRunner/TextEncoder/features(of:)``.
  package func encode(_ tokens: [[[[Int32]]]]) throws {
    let (source, stored) = try (
      TextEncoder(source, operators: operators.source), TextEncoder(stored, operators: operators.stored)
    )
    meeting.run {
      _ = source.features(of: tokens)
    } stored: {
      _ = stored.features(of: tokens)
    }
  }

  /// Runs image encoder and decoder on pictures.
  ///
  /// - Parameters:
  ///   - pictures: RGB, height x width x 3, row by row.
  ///   - features: The text features of each side: T x P x D.
  ///   - progress: Called with the number of each picture before it runs.
  package func run(
    pictures: [(pixels: [UInt8], height: Int, width: Int)], features: (source: Tensor, stored: Tensor),
    progress: (Int) throws -> Void
  ) throws {
    let passes = try passes(features)
    for (index, picture) in pictures.enumerated() {
      try progress(index)
      meeting.run {
        passes.source(picture)
      } stored: {
        passes.stored(picture)
      }
    }
  }

  private typealias Pass = ((pixels: [UInt8], height: Int, width: Int)) -> Void

  private func passes(_ features: (source: Tensor, stored: Tensor)) throws -> (source: Pass, stored: Pass) {
    // Scores of the heads of early rejection are results, too.
    let heads: Set<String> = ["aux0", "aux1", "aux2"]
    let pass = { [preprocessing] (weights: any WeightSource, operators: MeetingOperators, text: Tensor) in
      guard weights.architecture.segmenter != nil else {
        let model = try ClassificationModel(
          weights: weights, preprocessing: preprocessing, operators: operators)
        return { picture in
          _ = model.classify(
            pixels: picture.pixels, height: picture.height, width: picture.width, textFeatures: text)
        } as Pass
      }
      let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, operators: operators)
      return { picture in
        _ = model.segment(
          pixels: picture.pixels, height: picture.height, width: picture.width, textFeatures: text, topK: nil,
          taps: Taps(only: heads))
      }
    }
    return try (
      pass(source, operators.source, features.source), pass(stored, operators.stored, features.stored)
    )
  }
}
