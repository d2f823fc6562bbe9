// Prompts that begin alike, their beginnings shared.

/// A batch of prompts as a prefix tree: one row for each distinct beginning.
///
/// Where no token sees a later one, all that a layer computes at a token depends on the beginning that ends there, so
/// prompts can share it exactly. Rows are in depth-first order; a row comes after its parent.
package struct PrefixTree {
  /// The token of each row.
  package private(set) var tokens: [Int32] = []
  /// The position of each row in the prompts that pass through it; 0 for the first token.
  package private(set) var positions: [Int] = []
  /// The row of the token before each row's; -1 for the first token of a prompt.
  package private(set) var parents: [Int] = []
  /// The row of each prompt's last token.
  package private(set) var ends: [Int] = []

  /// Takes prompts from the front of a list until the next one would bring the tree above a number of rows; at least one.
  ///
  /// - Parameters:
  ///   - prompts: Not empty, nor is any of them; in lexicographical order, or less is shared. What was taken is removed.
  ///   - rowLimit: The most rows, but for a single prompt that is longer.
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
