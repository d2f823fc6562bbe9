// The division of work among threads.

/// Rows of several items, such as the pixels of several classes, in pieces of adjacent rows of one item.
///
/// A row's result must not depend on the other rows of its piece: the pieces depend on the number of threads.
package struct Division: Sendable, Equatable {
  /// The number of items.
  package let items: Int
  /// The number of rows of each item.
  package let rows: Int
  /// The number of rows of each piece but an item's last.
  package let size: Int

  /// The rows of the kernels' tiles are multiples of this, or divisors of it.
  package static let tileRows = 12

  /// The share of the threads' time that is enough: smaller pieces read the weights more often.
  private static let enoughBalance = 0.9

  /// Divides rows into the largest pieces that occupy the threads evenly.
  ///
  /// - Parameters:
  ///   - size: The largest number of rows of a piece.
  ///   - grain: Pieces are of a multiple of it.
  package init(
    items: Int = 1, rows: Int, size largest: Int, grain: Int = tileRows, threads: Int
  ) {
    (self.items, self.rows) = (items, rows)
    let largest = max(1, min(largest, rows))
    let grains = max(1, (largest + grain - 1) / grain)
    let candidates = (1...grains).reversed().lazy.map {
      Division(items: items, rows: rows, size: min(largest, $0 * grain))
    }
    let balances = candidates.map { ($0.size, $0.balance(threads: threads)) }
    let best = balances.first { $0.1 >= Self.enoughBalance } ?? balances.max { $0.1 < $1.1 }
    size = best?.0 ?? largest
  }

  private init(items: Int, rows: Int, size: Int) {
    (self.items, self.rows, self.size) = (items, rows, size)
  }

  /// The number of pieces of an item.
  private var partCount: Int { (rows + size - 1) / size }

  /// The number of pieces.
  package var count: Int { items * partCount }

  /// A piece.
  package subscript(index: Int) -> (item: Int, rows: Range<Int>) {
    let first = index % partCount * size
    return (index / partCount, first..<min(first + size, rows))
  }

  /// The share of the threads' time in which they work, if each row takes the same time; 1 where there is nothing to do.
  package func balance(threads: Int) -> Double {
    let rounds = (count + threads - 1) / threads
    return rounds == 0 || rows == 0 ? 1 : Double(items * rows) / Double(threads * rounds * size)
  }
}

extension Workers {
  /// Divides rows of items among these threads; see ``Division``.
  package func division(items: Int = 1, rows: Int, size: Int, grain: Int = Division.tileRows) -> Division {
    Division(items: items, rows: rows, size: size, grain: grain, threads: count)
  }

  /// Runs all pieces of a division.
  package func run(
    _ division: Division, _ body: @Sendable (_ worker: Int, _ item: Int, _ rows: Range<Int>) -> Void
  ) {
    run(division.count) { worker, index in
      let piece = division[index]
      body(worker, piece.item, piece.rows)
    }
  }
}
