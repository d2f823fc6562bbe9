// Predicted classes that count as one.

package import SedgeTensor
package import SedgeTokenizer

/// The counted class of each class that the model is asked for.
///
/// PAS-20b asks for 59 classes: the 20 of PASCAL VOC count as they are, all others as a 21st, the background.
package struct PredictionMap: Hashable, Sendable {
  /// Consecutive classes that count as one.
  package struct Entry: Hashable, Sendable {
    /// The first index.
    package var first: Int
    /// The last index.
    package var last: Int
    /// The index of the counted class.
    package var label: Int
    /// The name of the counted class; `nil` for that of the class asked for at this index.
    package var name: String?

    /// Describes a range.
    package init(first: Int, last: Int, label: Int, name: String? = nil) {
      (self.first, self.last, self.label, self.name) = (first, last, label, name)
    }
  }

  /// The names of the classes that count.
  package let classNames: [String]
  /// The index of the counted class by that of the class asked for.
  package let classOfPrediction: [Int32]

  /// Maps classes; those of no range count as the class of their own index.
  ///
  /// - Throws: ``FormatError`` where ranges are beyond the classes, overlap, or leave a gap in the counted classes.
  package init(_ ranges: [Entry], asked names: [String]) throws(FormatError) {
    var targets = [Int?](repeating: nil, count: names.count)
    var given: [Int: String] = [:]
    for (index, range) in ranges.enumerated() {
      guard range.first <= range.last, range.last < names.count else {
        throw Self.fault(
          "range \(index): expected classes from 0 to \(names.count - 1), found \(range.first) to \(range.last)"
        )
      }
      for label in range.first...range.last {
        guard targets[label] == nil else { throw Self.fault("class \(label) is in two ranges") }
        targets[label] = range.label
      }
      if let name = range.name, let other = given.updateValue(name, forKey: range.label), other != name {
        throw Self.fault("class \(range.label) has two names, \(other) and \(name)")
      }
    }
    let found = targets.enumerated().map { $0.element ?? $0.offset }
    let count = Set(found).count
    guard found.allSatisfy({ $0 < count }) else {
      let missing = (0..<count).first { !found.contains($0) } ?? 0
      throw Self.fault("no predicted class counts as \(missing), but some count as \(found.max() ?? 0)")
    }
    let counted = (0..<count).map { label in
      given[label] ?? found.firstIndex(of: label).map { names[$0] } ?? ""
    }
    for (label, name) in counted.enumerated() {
      guard let first = counted.firstIndex(of: name), first < label else { continue }
      throw Self.fault("classes \(first) and \(label) are both counted as \(name)")
    }
    classNames = counted
    classOfPrediction = found.map { Int32($0) }
  }

  /// Every class counts as itself.
  package init(classes: ClassList) {
    classNames = classes.classes.map(\.name)
    classOfPrediction = classNames.indices.map { Int32($0) }
  }

  private static func fault(_ text: String) -> FormatError {
    FormatError(.malformed("\"prediction_map\": \(text)"))
  }
}
