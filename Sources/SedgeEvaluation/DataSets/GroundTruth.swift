// The check of label maps against a class list.

import SedgeTensor
import SedgeImages
package import SedgeTokenizer

/// The check of label maps, before a model runs.
package struct GroundTruth {
  private let classNames: [String]
  private let coding: LabelCoding

  /// Values are indices of classes.
  package init(classes: ClassList) {
    self.init(
      classNames: classes.classes.map(\.name), coding: LabelCoding(classCount: classes.classes.count))
  }

  /// Values have a coding.
  package init(classNames: [String], coding: LabelCoding) {
    (self.classNames, self.coding) = (classNames, coding)
  }

  /// Checks label maps.
  ///
  /// - Parameter isSample: Whether there are further pictures: what a sample lacks is then no fault.
  /// - Returns: Doubtful properties, in sentences.
  /// - Throws: ``UsageError`` where values are no classes, with the likely reason, or where nothing is a class;
  ///   `FormatError` where a file is no label map.
  package func check(_ pictures: [TestPicture], isSample: Bool = false) throws -> [String] {
    var values: Set<Int> = []
    var highest: (value: Int, found: Set<Int>, name: String)?
    for picture in pictures {
      guard let truth = try picture.truth() else { continue }
      let found = truth.storedValues
      values.formUnion(found)
      for stored in found {
        switch coding.meaning(of: stored) {
        case .negative: try coding.check(found, path: picture.truthName)
        case .beyond(let value) where value > highest?.value ?? -1:
          highest = (value, found, picture.truthName)
        default: break
        }
      }
    }
    if let highest { try coding.check(highest.found, path: highest.name, others: values) }
    return try doubts(values, isSample: isSample)
  }

  /// Properties of values that stand for something and possibly not for what is meant.
  private func doubts(_ values: Set<Int>, isSample: Bool) throws -> [String] {
    let meanings = Set(values.map(coding.meaning))
    let isMask = values == [0, 255] && coding.isPlain && coding.ignoredValues.contains(255)
    if values.isEmpty || meanings == [.none] && isSample { return [] }
    guard meanings != [.none] else { throw UsageError(.noLabeledPixels(values: values.sorted())) }
    guard !isMask || classNames.count != 2 else { throw UsageError(.binaryMask) }
    if isMask { return [UsageError.binaryMaskText] }
    guard coding.isPlain, !isSample, classNames.count > 1, values.contains(1), !values.contains(0) else {
      return []
    }
    return [
      "no label map has class 0, \(classNames[0]); if 0 stands for no class and 1 for the first, as in ADE20K, "
        + "take 1 from every label"
    ]
  }
}
