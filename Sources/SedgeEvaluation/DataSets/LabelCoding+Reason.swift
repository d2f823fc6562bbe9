// Why label maps may have values that are no classes.

extension LabelCoding {
  /// Why values may exceed the class list, and what to do.
  ///
  /// - Parameters:
  ///   - stored: All values that label maps have.
  ///   - highest: The highest value that was to be a class.
  func reason(for stored: Set<Int>, highest: Int) -> String {
    let values = Set(stored.filter { meaning(of: $0) != .none }.map { $0 + offset })
    if highest == classCount {
      return
        "they seem to begin with 1, as ADE20K's, where 0 stands for no class: take 1 from every label and write 255 "
        + "for 0, or name class 0 in the list"
    }
    if classCount == 19, highest <= 33 {
      return "they seem to be Cityscapes' _labelIds: take the _labelTrainIds"
    }
    if (171...182).contains(highest) || classCount == 80 && highest == 90 {
      return
        "they seem to be COCO's numbers, which have gaps: map them to 0 to \(classCount - 1), as the _labelTrainIds of "
        + "COCO-Stuff are"
    }
    if highest >= 1000, classCount < 1000 {
      return "they seem to be numbers of instances, class x 1000 + instance: take the map of classes"
    }
    if highest > 20, values.isSubset(of: Self.grayOfVOC) {
      return
        "they seem to be PASCAL VOC's palette turned gray: take the original PNG, whose palette indices are the classes"
    }
    let step = values.reduce(0, Self.greatestCommonDivisor)
    if step > 1, highest / step < classCount {
      return "they seem to be stretched for viewing: divide them by \(step)"
    }
    return "give the class list that they index, or map them to 0 to \(classCount - 1)"
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
