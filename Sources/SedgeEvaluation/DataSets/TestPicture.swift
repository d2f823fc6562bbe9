// A picture with or without ground truth.

import SedgeTensor
package import SedgeImages

/// A picture, with its ground truth where that is known.
package struct TestPicture: Sendable {
  /// The name in reports.
  package let name: String
  /// The name of its label map.
  package let truthName: String
  /// The files that it is read from.
  package let files: [String]
  private let loadImage: @Sendable () throws -> RGBImage
  private let loadTruth: @Sendable () throws -> LabelMap?

  /// A picture in memory.
  ///
  /// - Parameter truth: The right class of every pixel, as an index of the class list; of the picture's size.
  package init(name: String, image: RGBImage, truth: LabelMap? = nil) {
    self.name = name
    truthName = name
    files = []
    loadImage = { image }
    loadTruth = { truth }
  }

  /// A picture in files, which are read at each use.
  ///
  /// - Parameters:
  ///   - path: A picture.
  ///   - truthPath: A PNG or TIFF of one channel whose values are indices of the class list.
  package init(path: String, truthPath: String? = nil) {
    name = path
    truthName = truthPath ?? path
    files = [path] + [truthPath].compactMap(\.self)
    loadImage = { try RGBImage(path: path) }
    loadTruth = { try truthPath.map { try LabelMap(path: $0) } }
  }

  /// The ground truth; `nil` where it is not known.
  ///
  /// - Throws: `FormatError` where the file is no label map.
  package func truth() throws -> LabelMap? { try loadTruth() }

  /// The picture and the truth.
  ///
  /// - Throws: `FormatError` where a file is no such picture, ``UsageError`` where the two differ in size.
  package func contents() throws -> (image: RGBImage, truth: LabelMap?) {
    let (image, truth) = (try loadImage(), try loadTruth())
    if let truth {
      guard (truth.width, truth.height) == (image.width, image.height) else {
        throw UsageError(
          .labelMapSize(
            image: UsageError.ImageSize(width: image.width, height: image.height),
            labels: UsageError.ImageSize(width: truth.width, height: truth.height)), path: name)
      }
    }
    return (image, truth)
  }
}
