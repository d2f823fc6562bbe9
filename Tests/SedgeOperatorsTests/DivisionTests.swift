// The division of rows among threads.

import SedgeOperators
import Testing

@Suite("Division")
struct DivisionTests {
  @Test(
    "Every row of every item is in one piece, and no piece is larger than allowed",
    arguments: [(1, 1), (1, 576), (3, 100), (20, 576), (150, 2304)], [1, 2, 5, 64, 128])
  func cover(extents: (items: Int, rows: Int), threads: Int) {
    let division = Division(items: extents.items, rows: extents.rows, size: 192, threads: threads)
    var next = (item: 0, row: 0)
    for index in 0..<division.count {
      let piece = division[index]
      #expect(piece.item == next.item && piece.rows.lowerBound == next.row)
      #expect((1...min(192, division.size)).contains(piece.rows.count))
      next.row = piece.rows.upperBound
      if next.row == extents.rows { next = (next.item + 1, 0) }
    }
    #expect(next == (extents.items, 0))
  }

  @Test("One thread takes the largest pieces")
  func single() {
    #expect(Division(rows: 2304, size: 192, threads: 1).size == 192)
    #expect(Division(items: 20, rows: 192, size: 192, threads: 1).count == 20)
  }

  @Test(
    "Threads work for nine tenths of the time wherever there are pieces of whole tiles for it",
    arguments: [(1, 36864), (1, 2304), (20, 576), (150, 576)], [2, 3, 8, 16, 32])
  func balance(extents: (items: Int, rows: Int), threads: Int) {
    let division = Division(items: extents.items, rows: extents.rows, size: 192, threads: threads)
    #expect(division.balance(threads: threads) >= 0.9)
    #expect(division.size % Division.tileRows == 0)
  }

  @Test("Few rows make as many pieces of one tile as there are, however many threads")
  func few() {
    let division = Division(rows: 576, size: 192, threads: 1000)
    #expect(division.size == 12 && division.count == 48)
  }

  @Test("No rows and no items make no piece")
  func empty() {
    #expect(Division(rows: 0, size: 192, threads: 4).count == 0)
    #expect(Division(items: 0, rows: 10, size: 192, threads: 4).count == 0)
  }
}
