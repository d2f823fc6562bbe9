// Prompts with shared prefixes.

/// A batch of prompts as a prefix tree: one row for each distinct prefix.
///
/// With causal attention, the activations at a token depend only on the prefix that ends there, so prompts with a common prefix share
/// them exactly. Rows are in depth-first order; a row comes after its parent.
package struct PrefixTree {
  /// The token of each row.
  package private(set) var tokens: [Int32] = []
  /// The position of each row's token in its prompts; 0 for the first token.
  package private(set) var positions: [Int] = []
  /// The row of the preceding token; -1 for the first token of a prompt.
  package private(set) var parents: [Int] = []
  /// The row of each prompt's last token.
  package private(set) var ends: [Int] = []

  /// The rows from a prompt's first token to each row, inclusive.
  var paths: [[Int32]] {
    parents.indices.reduce(into: []) { paths, row in
      let parent = parents[row]
      paths.append((parent < 0 ? [] : paths[parent]) + [Int32(row)])
    }
  }

  /// Takes prompts from the front of a list while the tree has at most `rowLimit` rows; at least one prompt.
  ///
  /// - Parameters:
  ///   - prompts: At least one prompt, none of them empty; shared prefixes need lexicographical order. The prompts that are taken are
  ///     removed.
  ///   - rowLimit: The maximum number of rows; a single longer prompt may exceed it.
  package init(taking prompts: inout ArraySlice<ArraySlice<Int32>>, rowLimit: Int) {
    var path: [Int] = []
    while let prompt = prompts.first {
      let shared = zip(path, prompt).prefix { tokens[$0] == $1 }.count
      guard tokens.isEmpty || tokens.count + prompt.count - shared <= rowLimit else { return }
      path.removeLast(path.count - shared)
      for token in prompt.dropFirst(shared) {
        parents.append(path.last ?? -1)
        positions.append(path.count)
        path.append(tokens.count)
        tokens.append(token)
      }
      ends.append(path[path.count - 1])
      prompts.removeFirst()
    }
  }
}
