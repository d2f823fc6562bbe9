// The symbols of a vocabulary, found by their text.

/// Symbols numbered in the order in which they were added.
struct SymbolTable: Sendable {
  private var pool: [UInt8] = []
  private var ends: [Int] = []
  /// Open addressing: the number of a symbol, or -1.
  private var slots: [Int32]

  /// An empty table for up to `capacity` symbols.
  init(capacity: Int) {
    var count = 1024
    while count < 2 * capacity { count *= 2 }
    slots = [Int32](repeating: -1, count: count)
  }

  /// How many symbols there are.
  var count: Int { ends.count }

  /// The text of a symbol, in UTF-8.
  subscript(_ number: Int) -> ArraySlice<UInt8> {
    pool[(number == 0 ? 0 : ends[number - 1])..<ends[number]]
  }

  /// The number of the symbol with this text.
  func number(of text: ArraySlice<UInt8>) -> Int32? {
    let found = slots[slot(of: text)]
    return found < 0 ? nil : found
  }

  /// Adds a symbol, whose text may come in two parts; false where it is there already or the table is full.
  mutating func add(_ text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8> = []) -> Bool {
    let start = pool.count
    pool.append(contentsOf: text)
    pool.append(contentsOf: rest)
    let slot = slot(of: pool[start...])
    guard slots[slot] < 0, 2 * (count + 1) <= slots.count else {
      pool.removeSubrange(start...)
      return false
    }
    slots[slot] = Int32(count)
    ends.append(pool.count)
    return true
  }

  /// Where the text is, or the free slot where it belongs.
  private func slot(of text: ArraySlice<UInt8>) -> Int {
    // The Fowler-Noll-Vo hash, 64 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var slot = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (slots.count - 1)
    while slots[slot] >= 0, self[Int(slots[slot])] != text { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }
}
