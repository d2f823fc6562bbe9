// What a page shows of the pictures of a run.

import Sedge
import SedgeEvaluation
import SedgeImages
import SedgeReport
import SedgeTensor
import SedgeVerification

extension ReportPicture {
  /// The labels of a source and of a file, and how sure the file is of its own.
  init(_ run: Verification.ObservedRun) {
    let (expected, actual) = (run.expected, run.actual)
    let changed = zip(expected.labels, actual.labels).count { $0 != $1 }
    let share = Double(changed) / Double(max(expected.labels.count, 1))
    self.init(
      name: run.name, image: run.picture.image,
      maps: [
        Labels(title: "source", labels: expected.labels), Labels(title: "result", labels: actual.labels),
      ],
      margins: actual.scores.map { Self.margins(of: $0) } ?? [], badness: share,
      facts: ["\(percentText(share)) other labels"])
  }

  /// The score of the best class less that of the second, for each pixel of T x H x W scores; empty for fewer classes.
  private static func margins(of scores: Tensor) -> [Float] {
    guard scores.shape.count == 3, scores.shape[0] > 1 else { return [] }
    let count = scores.shape[1] * scores.shape[2]
    var best = Array(scores.values[..<count])
    var second = [Float](repeating: -.infinity, count: count)
    for label in 1..<scores.shape[0] {
      for (pixel, score) in scores.values[label * count..<(label + 1) * count].enumerated() {
        if score > best[pixel] {
          (best[pixel], second[pixel]) = (score, best[pixel])
        } else if score > second[pixel] {
          second[pixel] = score
        }
      }
    }
    return zip(best, second).map { $0 - $1 }
  }

  /// The truth and the labels of up to three models.
  init(_ picture: EvaluationRun.ObservedPicture) {
    let errors = picture.labels.map { labels -> Double in
      var (counted, wrong) = (0, 0)
      for (label, truth) in zip(labels, picture.truth) where Int(truth) < picture.classCount {
        counted += 1
        if label != truth { wrong += 1 }
      }
      return Double(wrong) / Double(max(counted, 1))
    }
    let shown = picture.labels.indices.prefix(3)
    self.init(
      name: picture.name, image: picture.image,
      maps: [Labels(title: "truth", labels: picture.truth)]
        + shown.map { Labels(title: picture.models[$0], labels: picture.labels[$0]) },
      badness: errors.max() ?? 0,
      facts: shown.map { "\(percentText(errors[$0])) wrong by \(picture.models[$0])" })
  }
}
