// A data set: where its pictures and label maps are, and what they mean.

package import SedgeTensor
package import SedgeTokenizer

/// A data set as `set.json` describes it.
package struct DataSetDescription: Hashable, Sendable {
  /// The format's name, the member `format` of the file.
  package static let formatName = "sedge data set"
  /// The highest version that is read.
  package static let formatVersion = 1
  /// The preprocessing that a description may ask for, the default first.
  package static let resizings = ["sed", "square", "windows", "cat-seg"]

  /// The name in reports.
  package var name: String
  /// The folder of pictures.
  package var images: String
  /// The folder of label maps.
  package var labels: String
  /// The endings of pictures, in lower case and without a dot; empty for those of ``PictureFolder/extensions``.
  package var imageEndings: [String] = []
  /// The endings of label maps, in lower case and without a dot; empty for any.
  package var labelEndings: [String] = []
  /// The classes that the model is asked for.
  package var classes: ClassList
  /// The classes that count.
  package private(set) var predictionMap: PredictionMap
  /// The stored values of no class; `nil` for the default of ``LabelCoding``.
  package var ignoredValues: [Int]?
  /// What is added to stored values.
  package var labelOffset = 0
  /// Values that stand for another class.
  package var labelReplacements: [LabelCoding.Replacement] = []
  /// Named parts of the classes that count.
  package private(set) var groups: [ClassGroup] = []
  /// How pictures are resized: one of ``resizings``.
  package var resizing = resizings[0]
  /// The folder that ``images`` and ``labels`` are relative to.
  package var folder: String

  /// Describes folders of pictures and label maps whose values are indices of classes.
  package init(name: String, images: String, labels: String, classes: ClassList, folder: String = ".") {
    (self.name, self.images, self.labels) = (name, images, labels)
    (self.classes, self.folder) = (classes, folder)
    predictionMap = PredictionMap(classes: classes)
  }

  /// Maps predictions to the classes that count; groups that were there are left out.
  ///
  /// - Throws: ``FormatError`` as ``PredictionMap/init(_:asked:)``.
  mutating func setPredictionMap(_ entries: [PredictionMap.Entry]) throws(FormatError) {
    predictionMap = try PredictionMap(entries, asked: classes.classes.map(\.name))
    groups = []
  }

  /// Adds a group of classes.
  ///
  /// - Throws: ``UsageError`` for a second group of one name.
  package mutating func add(_ group: ClassGroup) throws(UsageError) {
    guard !groups.contains(where: { $0.name == group.name }) else {
      throw UsageError(.duplicateGroup(group.name))
    }
    groups.append(group)
  }

  /// The names of the classes that count.
  package var countedClassNames: [String] { predictionMap.classNames }

  /// The meaning of values of label maps.
  package var labelCoding: LabelCoding {
    LabelCoding(
      classCount: countedClassNames.count, ignoredValues: ignoredValues, offset: labelOffset,
      replacements: labelReplacements)
  }

  /// The path of one of the set's folders.
  ///
  /// - Parameter root: What relative folders are relative to, in place of ``folder``.
  package func path(_ place: String, root: String?) -> String {
    let base = root ?? folder
    return place.hasPrefix("/") || base == "."
      ? place : base.hasSuffix("/") ? base + place : "\(base)/\(place)"
  }
}
