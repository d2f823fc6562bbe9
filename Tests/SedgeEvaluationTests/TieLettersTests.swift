// Letters of values that cannot be told apart.

import SedgeEvaluation
import TestSupport
import Testing

@Suite("Letters for ties")
struct TieLettersTests {
  @Test("Values that cannot be told apart at all have one letter, others one each")
  func extremes() {
    #expect(TieLetters(count: 4) { _, _ in false }.letters == ["a", "a", "a", "a"])
    #expect(TieLetters(count: 4) { _, _ in true }.letters == ["a", "b", "c", "d"])
    #expect(TieLetters(count: 1) { _, _ in true }.letters == ["a"])
    #expect(TieLetters(count: 0) { _, _ in true }.letters == [])
    #expect(TieLetters(count: 28) { _, _ in true }.letters.suffix(2) == ["a1", "b1"])
  }

  @Test("A value between two that differ has the letters of both")
  func between() {
    #expect(TieLetters(count: 3) { ($0, $1) == (0, 2) }.letters == ["a", "ab", "b"])
  }

  @Test("Two values have a letter in common exactly where they are not distinguishable", arguments: 0..<40)
  func pairs(seed: Int) {
    var generator = SeededGenerator(state: UInt64(seed))
    let count = Int.random(in: 2...11, using: &generator)
    let share = Double.random(in: 0...1, using: &generator)
    var differs = [[Bool]](repeating: [Bool](repeating: false, count: count), count: count)
    for first in 0..<count {
      for second in first + 1..<count {
        differs[first][second] = Double.random(in: 0..<1, using: &generator) < share
      }
    }
    let letters = TieLetters(count: count) { differs[$0][$1] }.letters
    for first in 0..<count {
      #expect(!letters[first].isEmpty)
      for second in first + 1..<count {
        let isTied = !Set(letters[first]).isDisjoint(with: letters[second])
        #expect(isTied == !differs[first][second], "\(first) and \(second): \(letters)")
      }
    }
  }
}
