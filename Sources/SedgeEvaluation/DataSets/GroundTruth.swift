// The check of label maps against a class list.

import SedgeTensor
import SedgeImages
package import SedgeTokenizer

/// The meaning of the values of label maps.
///
/// A value is the index of a class. Pixels of no class, which are not counted, have -1, 255 where there are at most 255
/// classes, or 65535 where there are at most 65535.
package struct GroundTruth {
  let classes: ClassList

  /// The classes that values index.
  package init(classes: ClassList) { self.classes = classes }

  private var count: Int { classes.classes.count }

  /// Whether a value stands for no class.
  private func isNone(_ value: Int) -> Bool {
    value == -1 || value == 255 && count <= 255 || value == 65535 && count <= 65535
  }

  /// Checks all label maps before a model runs.
  ///
  /// - Returns: Doubtful properties, in sentences.
  /// - Throws: ``UsageError`` where values are no classes, with the likely reason, or where nothing is a class;
  ///   `FormatError` where a file is no label map.
  package func check(_ pictures: [TestPicture]) throws -> [String] {
    var values: Set<Int> = []
    var highest: (value: Int, name: String)?
    for picture in pictures {
      guard let truth = try picture.truth() else { continue }
      let found = Set(truth.labels)
      values.formUnion(found)
      if let lowest = found.first(where: { $0 < -1 }) {
        throw UsageError(.negativeLabel(lowest), path: picture.truthName)
      }
      if let value = found.filter({ !isNone($0) }).max(), value > highest?.value ?? -1 {
        highest = (value, picture.truthName)
      }
    }
    if values.isEmpty { return [] }
    let isMask = values == [0, 255] && isNone(255)
    guard let highest else {
      throw UsageError(.noLabeledPixels(values: values.sorted()))
    }
    guard highest.value < count else {
      let reason = reason(values.filter { !isNone($0) }, highest: highest.value)
      throw UsageError(
        .labelsBeyondClasses(highest: highest.value, classCount: count, reason: reason), path: highest.name)
    }
    guard !isMask || count != 2 else { throw UsageError(.binaryMask) }
    if isMask { return [UsageError.binaryMaskText] }
    guard count > 1, values.contains(1), !values.contains(0) else { return [] }
    return [
      "no label map has class 0, \(classes.classes[0].name); if 0 stands for no class and 1 for the first, as in ADE20K, "
        + "take 1 from every label"
    ]
  }

  /// Why values may exceed the class list, and what to do.
  private func reason(_ values: Set<Int>, highest: Int) -> String {
    if highest == count {
      return
        "they seem to begin with 1, as ADE20K's, where 0 stands for no class: take 1 from every label and write 255 "
        + "for 0, or name class 0 in the list"
    }
    if count == 19, highest <= 33 {
      return "they seem to be Cityscapes' _labelIds: take the _labelTrainIds"
    }
    if (171...182).contains(highest) || count == 80 && highest == 90 {
      return
        "they seem to be COCO's numbers, which have gaps: map them to 0 to \(count - 1), as the _labelTrainIds of "
        + "COCO-Stuff are"
    }
    if highest >= 1000, count < 1000 {
      return "they seem to be numbers of instances, class x 1000 + instance: take the map of classes"
    }
    if highest > 20, values.isSubset(of: Self.grayOfVOC) {
      return
        "they seem to be PASCAL VOC's palette turned gray: take the original PNG, whose palette indices are the classes"
    }
    let step = values.reduce(0, Self.greatestCommonDivisor)
    if step > 1, highest / step < count {
      return "they seem to be stretched for viewing: divide them by \(step)"
    }
    return "give the class list that they index, or map them to 0 to \(count - 1)"
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }

  /// The brightness of PASCAL VOC's first 21 colours, whose bits are those of the index, three by three from the top; and
  /// of the border's colour. As Pillow converts to gray.
  private static let grayOfVOC = Set(
    (Array(0..<21) + [255]).map { index in
      var (color, rest) = ([0, 0, 0], index)
      for bit in 0..<8 {
        for channel in 0..<3 { color[channel] |= (rest >> channel & 1) << (7 - bit) }
        rest >>= 3
      }
      return (color[0] * 19595 + color[1] * 38470 + color[2] * 7471 + 0x8000) >> 16
    })
}
