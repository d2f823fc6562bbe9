// Searches names for many texts at once.

/// Finds which of some texts occur in names, in one pass over their bytes.
///
/// Source: Aho and Corasick, "Efficient string matching", CACM 18 (1975).
///
/// - Complexity: Linear in the bytes of the names, whatever the number of pieces.
struct PieceSearch: Sendable {
  private let pieces: [String]
  /// The state that follows a state and a byte below 128; all other bytes lead to the start.
  private var next: [Int32] = []
  /// The pieces that end in each state.
  private var endings: [[Int]] = []

  /// Prepares the search for pieces in ASCII; any other byte traps.
  init(_ pieces: some Sequence<String>) {
    self.pieces = Array(Set(pieces))
    addState()
    for (index, piece) in self.pieces.enumerated() {
      var state = 0
      for byte in piece.utf8 {
        if next[place(state, byte)] < 0 { next[place(state, byte)] = addState() }
        state = Int(next[place(state, byte)])
      }
      endings[state].append(index)
    }
    addFailures()
  }

  @discardableResult
  private mutating func addState() -> Int32 {
    next += [Int32](repeating: -1, count: 128)
    endings.append([])
    return Int32(endings.count - 1)
  }

  private func place(_ state: Int, _ byte: UInt8) -> Int {
    precondition(byte < 128)
    return state << 7 | Int(byte)
  }

  /// Fills in where a search goes on after a byte that continues no piece, nearest states first.
  private mutating func addFailures() {
    var failures = [Int](repeating: 0, count: endings.count)
    var queue = [0]
    var position = 0
    while position < queue.count {
      let state = queue[position]
      position += 1
      endings[state] += state == 0 ? [] : endings[failures[state]]
      for byte in UInt8(0)..<128 {
        let fallback = state == 0 ? 0 : next[place(failures[state], byte)]
        let child = next[place(state, byte)]
        guard child >= 0 else {
          next[place(state, byte)] = fallback
          continue
        }
        failures[Int(child)] = Int(fallback)
        queue.append(Int(child))
      }
    }
  }

  /// Calls `body` with each piece that occurs in a name and the offset of the byte behind it, until it is `false`.
  private func forEachPiece(in name: String, _ body: (_ piece: Int, _ end: Int) -> Bool) {
    var (state, offset) = (0, 0)
    for byte in name.utf8 {
      state = byte < 128 ? Int(next[state << 7 | Int(byte)]) : 0
      offset += 1
      for piece in endings[state] where !body(piece, offset) { return }
    }
  }

  /// The pieces that occur in any of some names.
  func pieces(in names: some Sequence<String>) -> Set<String> {
    var isFound = [Bool](repeating: false, count: pieces.count)
    for name in names {
      forEachPiece(in: name) { piece, _ in
        isFound[piece] = true
        return true
      }
    }
    return Set(pieces.indices.filter { isFound[$0] }.map { pieces[$0] })
  }

  /// Whether a piece occurs in a name.
  func occurs(in name: String) -> Bool {
    var isFound = false
    forEachPiece(in: name) { _, _ in
      isFound = true
      return false
    }
    return isFound
  }

  /// The part of a name before the first piece in it; `nil` where there is none.
  func start(of name: String) -> Substring? {
    var first: Int?
    forEachPiece(in: name) { piece, end in
      first = min(first ?? .max, end - pieces[piece].utf8.count)
      return true
    }
    return first.map { name[..<name.utf8.index(name.startIndex, offsetBy: $0)] }
  }
}
