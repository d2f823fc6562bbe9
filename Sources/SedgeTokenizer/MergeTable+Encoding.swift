// Byte-pair encoding of one word.

extension MergeTable {
  /// The tokens of a word: the earliest merge of the vocabulary first, and of equal ones the leftmost.
  ///
  /// A heap holds the merges that are possible, so a word of n bytes takes O(n log n) time. The result is that of
  /// applying each merge everywhere before looking for the next: no merge makes an earlier one possible.
  func tokens(ofWord bytes: [UInt8]) -> [Int32] {
    guard let last = bytes.indices.last else { return [] }
    var chain = TokenChain(bytes.map { ByteAlphabet.tokens[Int($0)] })
    chain.tokens[last] += 256
    var candidates = MinHeap()
    func offer(_ position: Int, _ chain: TokenChain, _ candidates: inout MinHeap) {
      guard let next = chain.next(position), let token = merge(chain.tokens[position], chain.tokens[next])
      else { return }
      candidates.insert(UInt64(token) << 32 | UInt64(position))
    }
    for position in 0..<last { offer(position, chain, &candidates) }
    while let candidate = candidates.popMinimum() {
      let position = Int(candidate & 0xFFFF_FFFF)
      let token = Int32(candidate >> 32)
      guard chain.isLinked(position), let next = chain.next(position),
        merge(chain.tokens[position], chain.tokens[next]) == token
      else { continue }
      chain.replacePair(at: position, with: token)
      offer(position, chain, &candidates)
      if let previous = chain.previous(position) { offer(previous, chain, &candidates) }
    }
    return chain.linkedTokens
  }
}

/// A word's tokens as a doubly linked list; a merged pair stays at the place of its left part.
private struct TokenChain {
  var tokens: [Int32]
  private var nextPositions: [Int]
  private var previousPositions: [Int]

  init(_ tokens: [Int32]) {
    self.tokens = tokens
    nextPositions = Array(1..<(tokens.count + 1))
    previousPositions = Array(-1..<(tokens.count - 1))
  }

  func isLinked(_ position: Int) -> Bool { tokens[position] >= 0 }

  func next(_ position: Int) -> Int? {
    nextPositions[position] < tokens.count ? nextPositions[position] : nil
  }

  func previous(_ position: Int) -> Int? {
    previousPositions[position] >= 0 ? previousPositions[position] : nil
  }

  mutating func replacePair(at position: Int, with token: Int32) {
    let removed = nextPositions[position]
    tokens[position] = token
    tokens[removed] = -1
    nextPositions[position] = nextPositions[removed]
    if let next = next(position) { previousPositions[next] = position }
  }

  var linkedTokens: [Int32] { tokens.filter { $0 >= 0 } }
}

/// A binary heap, least element first.
private struct MinHeap {
  private var elements: [UInt64] = []

  mutating func insert(_ element: UInt64) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, elements[child] < elements[(child - 1) / 2] {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popMinimum() -> UInt64? {
    guard let last = elements.popLast() else { return nil }
    guard let minimum = elements.first else { return last }
    elements[0] = last
    var parent = 0
    while 2 * parent + 1 < elements.count {
      var child = 2 * parent + 1
      if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < elements[parent] else { break }
      elements.swapAt(parent, child)
      parent = child
    }
    return minimum
  }
}
