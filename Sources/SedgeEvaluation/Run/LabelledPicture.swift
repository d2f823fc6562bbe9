// A picture with the true class of each pixel.

import SedgeImages
import SedgeTensor
import SedgeTokenizer

/// A picture with its ground truth.
struct LabelledPicture: Sendable {
  /// The picture.
  var image: RGBImage
  /// The index of a class that counts, or their number for no class, for each pixel, row by row.
  var truth: [Int32]
}

extension EvaluationData {
  /// Reads a picture and its label map.
  ///
  /// - Throws: `FormatError` where a file cannot be read, `UsageError` where the two differ in size or values of the label
  ///   map are no classes.
  func picture(_ index: Int) throws -> LabelledPicture {
    let item = items[index]
    let (image, truth) = try item.picture.contents()
    guard let truth else { preconditionFailure("an item has a label map") }
    return LabelledPicture(image: image, truth: try labelCoding.classes(of: truth, path: item.labelPath))
  }

  /// The classes that count of labels that index the classes asked for.
  func counted(_ labels: [Int32]) -> [Int32] {
    let isIdentity = classOfPrediction.indices.allSatisfy { Int(classOfPrediction[$0]) == $0 }
    return isIdentity ? labels : labels.map { classOfPrediction[Int($0)] }
  }

  /// The facts that figures depend on.
  package var plan: EvaluationPlan.Data {
    let asked = classes.classes.map(\.name)
    return EvaluationPlan.Data(
      name: name, fingerprint: fingerprint, pictureCount: items.count, classes: countedClassNames,
      askedClasses: asked == countedClassNames ? nil : asked,
      groups: groups.map { EvaluationPlan.Group(name: $0.name, classes: $0.classes) },
      preprocess: resizing)
  }
}
