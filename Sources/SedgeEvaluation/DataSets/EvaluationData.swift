// The pictures of a data set, each with its label map.

import SedgeContainer
import SedgeImages
import SedgeTensor
package import SedgeTokenizer

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What an evaluation runs on: pictures with label maps, and what their values and the model's classes stand for.
package struct EvaluationData: Sendable {
  /// A picture and its label map.
  package struct Item: Hashable, Sendable {
    /// The stem of the picture's name: no other item has it.
    package let name: String
    /// The path of the picture.
    package let imagePath: String
    /// The path of the label map.
    package let labelPath: String

    /// The files as a picture with ground truth.
    package var picture: TestPicture { TestPicture(path: imagePath, truthPath: labelPath) }
  }

  /// The name in reports.
  package let name: String
  /// The pictures, ascending by name.
  package let items: [Item]
  /// The classes that the model is asked for.
  package let classes: ClassList
  /// The classes that count.
  package let countedClassNames: [String]
  /// The index of the counted class by that of the class asked for.
  package let classOfPrediction: [Int32]
  /// Named parts of the classes that count.
  package let groups: [ClassGroup]
  /// How pictures are resized: one of ``DataSetDescription/resizings``.
  package let resizing: String
  /// The meaning of values of label maps.
  package let labelCoding: LabelCoding
  /// The names of pictures without a label map, sorted.
  package let unpairedImages: [String]
  /// The names of label maps without a picture, sorted.
  package let unpairedLabels: [String]

  /// Lists the folders of a data set; opens no picture.
  ///
  /// - Parameter root: What the folders of the description are relative to, in place of its own folder.
  /// - Throws: `FormatError` where a folder cannot be read, `PictureFolderError` where it has no such files, where no
  ///   picture has a label map, or where names are ambiguous.
  package init(_ description: DataSetDescription, root: String? = nil) throws {
    let images = try PictureFolder(path: description.path(description.images, root: root))
    let labels = try PictureFolder(path: description.path(description.labels, root: root))
    try images.requireDecodableNames()
    try labels.requireDecodableNames()
    let isShared = FileSystem.isSameFile(images.path, labels.path)
    let pictures =
      description.imageEndings.isEmpty
      ? try images.requirePictures()
      : try images.files(withEndings: description.imageEndings, isLabelMap: false)
    let maps =
      description.labelEndings.isEmpty
      ? labels.labelMaps + (isShared ? [] : labels.pictures + labels.others)
      : try labels.files(withEndings: description.labelEndings, isLabelMap: isShared ? true : nil)
    let pairs = try LabelPairs(pictures: pictures, labeledBy: maps, of: labels)
    items = zip(pairs.pictures, pairs.labelMaps).map {
      Item(name: $0.stem, imagePath: "\(images.path)/\($0)", labelPath: "\(labels.path)/\($1)")
    }.sorted { $0.name < $1.name }
    (unpairedImages, unpairedLabels) = (pairs.unpairedPictures.sorted(), pairs.unusedLabelMaps)
    (name, classes, resizing) = (description.name, description.classes, description.resizing)
    (countedClassNames, groups) = (description.countedClassNames, description.groups)
    classOfPrediction = description.predictionMap.classOfPrediction
    labelCoding = description.labelCoding
  }

  /// SHA-256, in hexadecimal, of the pictures' names, the classes, the coding of labels and the map of predictions.
  ///
  /// Parts of an evaluation on several machines belong together if these are the same, in whatever folders.
  package var fingerprint: String {
    let identity = Identity(
      items: items.map(\.name), asked: classes.classes.map(\.name), counted: countedClassNames,
      labels: labelCoding, predictions: classOfPrediction)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(identity) else {
      preconditionFailure("texts and integers are always JSON")
    }
    return sha256(of: Array(bytes)).hexadecimalText
  }

  private struct Identity: Encodable {
    var items: [String]
    var asked: [String]
    var counted: [String]
    var labels: LabelCoding
    var predictions: [Int32]
  }

  /// Checks some label maps and pictures before a model is loaded.
  ///
  /// Files that cannot be read are left to the evaluation, unless none can.
  ///
  /// - Parameter count: The number of pictures, spread evenly over all.
  /// - Returns: Doubtful properties, in sentences.
  /// - Throws: `UsageError` where values are no classes or sizes differ; `FormatError` where no file can be read.
  package func check(sampleCount count: Int = 16) throws -> [String] {
    let sample = (0..<min(count, items.count)).map { items[$0 * items.count / min(count, items.count)] }
    var read: [TestPicture] = []
    var fault: FormatError?
    for item in sample {
      do {
        let (size, truth) = (try PictureSize(path: item.imagePath), try LabelMap(path: item.labelPath))
        guard (size.width, size.height) == (truth.width, truth.height) else {
          throw UsageError(
            .labelMapSize(
              image: UsageError.ImageSize(width: size.width, height: size.height),
              labels: UsageError.ImageSize(width: truth.width, height: truth.height)), path: item.imagePath)
        }
        read.append(item.picture)
      } catch let error as FormatError {
        fault = fault ?? error
      }
    }
    if read.isEmpty, let fault { throw fault }
    return try GroundTruth(classNames: countedClassNames, coding: labelCoding)
      .check(read, isSample: read.count < items.count)
  }
}

extension PictureFolder {
  /// The files with one of some endings, sorted.
  ///
  /// - Parameter isLabelMap: Whether they are label maps by their name; `nil` for all.
  fileprivate func files(
    withEndings endings: [String], isLabelMap: Bool?
  ) throws(PictureFolderError) -> [String] {
    let candidates =
      switch isLabelMap {
      case true?: labelMaps
      case false?: pictures + others
      case nil: files
      }
    let found = candidates.filter { endings.contains($0.fileExtension) }.sorted()
    guard found.isEmpty else { return found }
    throw PictureFolderError(
      .noneWithEnding(
        endings: endings, fileCounts: Self.counts(byExtensionOf: files), folders: folders), path: path)
  }
}
