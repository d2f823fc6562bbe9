// What an evaluation needs of a model.

package import SedgeImages

/// A model that labels pictures: a file, a checkpoint, or labels that were saved before.
package protocol EvaluatedModel: AnyObject {
  /// The model in results.
  var facts: EvaluatedModelFacts { get }

  /// The settings of early rejection that it is run with.
  var topKSettings: TopKSettings { get }

  /// Labels a picture.
  ///
  /// - Parameters:
  ///   - index: The place of the picture in the data set.
  ///   - topK: One of ``topKs``.
  /// - Throws: `UsageError` where scores are not finite, `FormatError` where saved labels cannot be read.
  func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels
}

extension EvaluatedModel {
  /// The settings of early rejection, in the order of results.
  package var topKs: [Int?] { topKSettings.topKs }
}

/// A model in results.
package struct EvaluatedModelFacts: Hashable, Sendable, Codable {
  /// The name of the file, without its folder.
  package var name: String
  /// The name of the architecture, such as `SED-B`.
  package var architecture: String
  /// SHA-256 of the file.
  package var sha256: String
  /// The arithmetic.
  package var compute: String
  /// The kernel set.
  package var kernels: String

  /// Creates the facts.
  package init(name: String, architecture: String, sha256: String, compute: String, kernels: String) {
    (self.name, self.architecture, self.sha256) = (name, architecture, sha256)
    (self.compute, self.kernels) = (compute, kernels)
  }
}

/// The labels of a picture.
package struct PredictedLabels: Hashable, Sendable {
  /// The index of a class that was asked for, for each pixel, row by row.
  package var labels: [Int32]
  /// The number of classes that early rejection kept.
  package var keptClasses: Int
  /// The time of the forward pass.
  package var microseconds: Int

  /// Creates labels.
  package init(labels: [Int32], keptClasses: Int, microseconds: Int) {
    (self.labels, self.keptClasses, self.microseconds) = (labels, keptClasses, microseconds)
  }
}
