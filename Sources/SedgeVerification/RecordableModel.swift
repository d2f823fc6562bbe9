// A model that can be compared with another: SED, or CLIP alone.

package import SedgeArchitecture
package import SedgeRunner
package import SedgeTensor

/// A model that returns all intermediate results of an image.
package protocol RecordableModel {
  /// The model's dimensions.
  var architecture: Architecture { get }

  /// Runs the model on an image and records all results.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - textFeatures: Classes x ``SedgeArchitecture/Architecture/featuresPerClass`` x embedding.
  ///   - topK: Category early rejection; `nil` for a model without.
  ///   - resizing: How the image becomes the encoder's input; `nil` for the model's default. CLIP alone has one way.
  func record(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?, resizing: ImageResizing?
  ) -> RunRecord

  /// Runs the model on an image, without early rejection, for its output alone; takes no more memory than a run that
  /// records the scores.
  ///
  /// - Parameters:
  ///   - pixels: RGB, height x width x 3, row by row.
  ///   - textFeatures: Classes x ``SedgeArchitecture/Architecture/featuresPerClass`` x embedding.
  func output(pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor) -> ModelOutput
}

extension RecordableModel {
  /// Runs the model on an image, prepared as it is by default, and records all results.
  package func record(pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?) -> RunRecord
  {
    record(
      pixels: pixels, height: height, width: width, textFeatures: textFeatures, topK: topK, resizing: nil)
  }
}

extension SegmentationModel: RecordableModel {
  /// Segments an image and keeps every intermediate result.
  package func record(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?, resizing: ImageResizing?
  ) -> RunRecord {
    let taps = Taps()
    let segmentation = segment(
      prepare(pixels: pixels, height: height, width: width, resizing: resizing), textFeatures: textFeatures,
      topK: topK, taps: taps)
    return RunRecord(taps, labels: segmentation.labels, topK: topK)
  }
}

extension ClassificationModel: RecordableModel {
  /// Classifies an image and keeps every intermediate result; the image counts as a single pixel.
  package func record(
    pixels: [UInt8], height: Int, width: Int, textFeatures: Tensor, topK: Int?, resizing: ImageResizing?
  ) -> RunRecord {
    let taps = Taps()
    let classification = classify(
      pixels: pixels, height: height, width: width, textFeatures: textFeatures, taps: taps)
    return RunRecord(taps, labels: [Int32(classification.best)], topK: nil)
  }
}
