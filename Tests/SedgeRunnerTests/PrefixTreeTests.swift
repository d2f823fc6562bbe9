// Prompts to rows that they share.

import SedgeRunner
import TestSupport
import Testing

@Suite("Prefix tree")
struct PrefixTreeTests {
  /// Trees of at most `rowLimit` rows that hold all prompts.
  private func trees(_ prompts: [[Int32]], rowLimit: Int) -> [PrefixTree] {
    var rest = prompts.map { $0[...] }[...]
    var trees: [PrefixTree] = []
    while !rest.isEmpty { trees.append(PrefixTree(taking: &rest, rowLimit: rowLimit)) }
    return trees
  }

  /// The tokens from a root to a row.
  private func prompt(endingAt row: Int, in tree: PrefixTree) -> [Int32] {
    let before = tree.parents[row] < 0 ? [] : prompt(endingAt: tree.parents[row], in: tree)
    #expect(tree.positions[row] == before.count)
    return before + [tree.tokens[row]]
  }

  @Test("Prompts share the rows of their common beginning, and no others")
  func rows() {
    let tree = trees([[1, 2], [1, 2, 3, 9], [1, 2, 4, 9], [1, 5, 3, 9], [6]], rowLimit: 100)[0]
    #expect(tree.tokens == [1, 2, 3, 9, 4, 9, 5, 3, 9, 6])
    #expect(tree.parents == [-1, 0, 1, 2, 1, 4, 0, 6, 7, -1])
    #expect(tree.positions == [0, 1, 2, 3, 2, 3, 1, 2, 3, 0])
    #expect(tree.ends == [1, 3, 5, 8, 9])
  }

  @Test(
    "Every prompt is a path of its tree; every beginning is there once; no tree is too large",
    arguments: 0..<20)
  func paths(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let prompts = Set(
      (0..<200).map { _ in
        (0..<Int.random(in: 1...12, using: &generator)).map { _ in Int32.random(in: 0..<4, using: &generator)
        }
      }
    ).sorted { $0.lexicographicallyPrecedes($1) }
    let rowLimit = Int.random(in: 1...300, using: &generator)
    let trees = trees(prompts, rowLimit: rowLimit)
    #expect(trees.flatMap { tree in tree.ends.map { prompt(endingAt: $0, in: tree) } } == prompts)
    for tree in trees {
      #expect(tree.tokens.count <= rowLimit || tree.ends.count == 1)
      #expect(tree.parents.indices.allSatisfy { tree.parents[$0] < $0 })
      let beginnings = Set(tree.tokens.indices.map { prompt(endingAt: $0, in: tree) })
      #expect(beginnings.count == tree.tokens.count)
    }
    // A tree ends only where the next prompt did not fit.
    for (tree, next) in zip(trees, trees.dropFirst()) {
      let first = prompt(endingAt: next.ends[0], in: next)
      let last = prompt(endingAt: tree.ends[tree.ends.count - 1], in: tree)
      #expect(tree.tokens.count + first.count - zip(first, last).prefix { $0 == $1 }.count > rowLimit)
    }
  }
}
