// Letters for values that cannot be told apart.

/// The compact letter display of some values: two of them have a letter in common exactly where they are not distinguishable.
///
/// A ranking cannot say this, because "not distinguishable" is not transitive. The algorithm is insert-and-absorb (Piepho, "An
/// Algorithm for a Letter-Based Representation of All-Pairwise Comparisons", Journal of Computational and Graphical Statistics 13,
/// 2004).
package struct TieLetters: Sendable {
  /// The letters of each value, ascending; those of the first values come first.
  package let letters: [String]

  /// Assigns letters to `count` values, the best first.
  ///
  /// - Parameter isDistinguishable: Asked for each pair once, the first index below the second.
  package init(count: Int, isDistinguishable: (_ first: Int, _ second: Int) -> Bool) {
    var groups: [Set<Int>] = count > 0 ? [Set(0..<count)] : []
    for first in 0..<count {
      for second in first + 1..<max(count, first + 1) where isDistinguishable(first, second) {
        groups = groups.flatMap { group in
          group.isSuperset(of: [first, second])
            ? [group.subtracting([second]), group.subtracting([first])] : [group]
        }
        groups = Self.absorbed(groups)
      }
    }
    let sorted = groups.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
    letters = (0..<count).map { index in
      sorted.indices.filter { sorted[$0].contains(index) }.map(Self.letter).joined()
    }
  }

  /// The groups without those that lie within another.
  private static func absorbed(_ groups: [Set<Int>]) -> [Set<Int>] {
    var kept: [Set<Int>] = []
    for group in groups.sorted(by: { $0.count > $1.count })
    where !kept.contains(where: { $0.isSuperset(of: group) }) {
      kept.append(group)
    }
    return kept
  }

  /// `a` to `z`, then `a1` to `z1`, and so on.
  private static func letter(_ index: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let round = index / letters.count
    return String(letters[index % letters.count]) + (round > 0 ? "\(round)" : "")
  }
}
