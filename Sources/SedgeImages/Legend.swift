// Which classes a label map shows, and how much of the picture each takes.

/// The classes present in a label map, largest first.
package struct Legend: Sendable, Hashable {
  /// One line.
  package struct Entry: Sendable, Hashable {
    /// The class name, `others` for the sum of what is not listed, or `no class`.
    package let name: String
    /// The colour of the class; `nil` for a sum and for pixels of no class.
    package let color: RGBColor?
    /// Pixels of the label map.
    package let pixelCount: Int
    /// The share of the picture in tenths of a percent, rounded.
    package let permille: Int

    /// The share as people read it, such as `12.5%`.
    package var shareText: String { "\(permille / 10).\(permille % 10)%" }
  }

  /// The lines from the largest share to the smallest; a sum of others comes last.
  package let entries: [Entry]

  /// Counts the pixels of every class.
  ///
  /// Listed are the classes whose share rounds to 0.1 % or more, the one with the smaller index first where two are
  /// equal. Where there are more than `maximumEntryCount`, the smallest are summed in a last line, `others`, together
  /// with all below 0.1 %. Labels that are no index of `classes` count as `no class`.
  package init(_ labels: LabelMap, classes: [String], maximumEntryCount: Int) {
    precondition(maximumEntryCount > 0)
    var counts = [Int](repeating: 0, count: classes.count + 1)
    for label in labels.labels {
      counts[classes.indices.contains(label) ? label : classes.count] += 1
    }
    let total = labels.labels.count
    func entry(_ name: String, _ color: RGBColor?, _ count: Int) -> Entry {
      Entry(name: name, color: color, pixelCount: count, permille: (count * 1000 + total / 2) / total)
    }
    let all = counts.indices.filter { counts[$0] > 0 }.sorted {
      (counts[$1], $0) < (counts[$0], $1)
    }.map { index in
      index == classes.count
        ? entry("no class", nil, counts[index])
        : entry(classes[index], Palette.color(ofClass: index), counts[index])
    }
    var listed = all.prefix { $0.permille > 0 }
    if listed.count > maximumEntryCount { listed = listed.prefix(maximumEntryCount - 1) }
    let others = entry("others", nil, all.dropFirst(listed.count).reduce(0) { $0 + $1.pixelCount })
    self.entries = others.permille > 0 ? listed + [others] : Array(listed)
  }
}
