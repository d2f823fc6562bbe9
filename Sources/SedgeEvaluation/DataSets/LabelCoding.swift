// What the values of label maps stand for.

package import SedgeImages
package import SedgeTensor

/// The coding of classes in label maps: a value, as it is stored, to the index of a class or to no class.
///
/// In this order: a value that is ignored has no class; the offset is added, and a negative offset leads values below it
/// to no class; the map replaces values. What then is the index of no class is a fault of the file or of the coding.
package struct LabelCoding: Hashable, Sendable, Codable {
  /// What a value stands for.
  package enum Meaning: Hashable, Sendable {
    /// The index of a class.
    case label(Int)
    /// No class: such pixels are not counted.
    case none
    /// Nothing: the value with the offset and after the map, which is no index of a class.
    case beyond(Int)
    /// Nothing: a negative value.
    case negative(Int)
  }

  /// A value after the offset, and the class that it stands for; `nil` is no class.
  package struct Replacement: Hashable, Sendable, Codable {
    /// The value after the offset.
    package var value: Int
    /// The index of a class; `nil` for no class.
    package var label: Int?

    /// Describes a replacement.
    package init(value: Int, label: Int?) { (self.value, self.label) = (value, label) }
  }

  /// The number of classes.
  package let classCount: Int
  /// The stored values that stand for no class.
  package let ignoredValues: [Int]
  /// What is added to stored values.
  package let offset: Int
  /// Values that stand for another class, ascending by value, each value once.
  package let replacements: [Replacement]

  /// Describes a coding.
  ///
  /// - Parameters:
  ///   - ignoredValues: The stored values of no class; by default -1, 255 where there are at most 255 classes, and 65535
  ///     where there are at most 65,535.
  ///   - replacements: A value that is replaced twice traps, as does an index of no class.
  package init(
    classCount: Int, ignoredValues: [Int]? = nil, offset: Int = 0, replacements: [Replacement] = []
  ) {
    self.classCount = classCount
    self.ignoredValues =
      Set(
        ignoredValues ?? [-1] + (classCount <= 255 ? [255] : []) + (classCount <= 65535 ? [65535] : [])
      ).sorted()
    self.offset = offset
    self.replacements = replacements.sorted { $0.value < $1.value }
    precondition(zip(self.replacements, self.replacements.dropFirst()).allSatisfy { $0.value < $1.value })
    precondition(replacements.allSatisfy { $0.label.map { (0..<classCount).contains($0) } ?? true })
  }

  /// Whether values are indices of classes as they are stored.
  var isPlain: Bool { offset == 0 && replacements.isEmpty }

  /// What a stored value stands for.
  package func meaning(of stored: Int) -> Meaning {
    if ignoredValues.contains(stored) { return .none }
    if stored < 0 { return .negative(stored) }
    let (value, overflow) = stored.addingReportingOverflow(offset)
    if overflow { return offset < 0 ? .none : .beyond(Int.max) }
    if let replacement = replacements.first(where: { $0.value == value }) {
      return replacement.label.map(Meaning.label) ?? .none
    }
    if value < 0 { return .none }
    return value < classCount ? .label(value) : .beyond(value)
  }

  /// The class of each pixel: its index, or ``classCount`` for no class.
  ///
  /// - Parameter path: The file, for errors.
  /// - Throws: ``UsageError`` where a value stands for nothing, with the likely reason.
  /// - Complexity: A look into a table for each pixel.
  package func classes(of map: LabelMap, path: String? = nil) throws(UsageError) -> [Int32] {
    let values = map.storedValues
    guard let lowest = values.min(), let highest = values.max() else { return [] }
    try check(values, path: path)
    let span = highest - lowest + 1
    guard span <= LabelMap.largestTableSize else {
      let classes = Dictionary(uniqueKeysWithValues: values.map { ($0, index(of: $0)) })
      return map.labels.map { classes[$0] ?? Int32(classCount) }
    }
    var table = [Int32](repeating: 0, count: span)
    for value in values { table[value - lowest] = index(of: value) }
    return map.labels.map { table[$0 - lowest] }
  }

  /// The index of the class of a value that stands for one, else ``classCount``.
  private func index(of stored: Int) -> Int32 {
    if case .label(let label) = meaning(of: stored) { Int32(label) } else { Int32(classCount) }
  }

  /// Makes sure that every value stands for something.
  ///
  /// - Parameters:
  ///   - path: The file, for errors.
  ///   - others: Values of further files, which tell of the likely reason.
  /// - Throws: ``UsageError`` for the lowest negative value, or for the highest value beyond the classes.
  package func check(
    _ values: Set<Int>, path: String?, others: Set<Int> = []
  ) throws(UsageError) {
    var highest: Int?
    for stored in values.sorted() {
      switch meaning(of: stored) {
      case .label, .none: continue
      case .negative(let value): throw UsageError(.negativeLabel(value), path: path)
      case .beyond(let value): highest = max(highest ?? value, value)
      }
    }
    guard let highest else { return }
    let reason = reason(for: values.union(others), highest: highest)
    throw UsageError(
      .labelsBeyondClasses(highest: highest, classCount: classCount, reason: reason), path: path)
  }
}

extension LabelMap {
  /// The most values of a table.
  fileprivate static let largestTableSize = 1 << 17

  /// The values that occur.
  package var storedValues: Set<Int> {
    guard let lowest = labels.min(), let highest = labels.max(),
      highest - lowest < Self.largestTableSize
    else { return Set(labels) }
    var occurs = [Bool](repeating: false, count: highest - lowest + 1)
    for label in labels { occurs[label - lowest] = true }
    return Set(occurs.indices.lazy.filter { occurs[$0] }.map { $0 + lowest })
  }
}
