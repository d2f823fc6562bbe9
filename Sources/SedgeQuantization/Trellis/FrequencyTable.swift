// Quantized symbol frequencies.

import SedgePlatform
package import SedgeTensor

/// Frequencies of symbols out of 4,096, stored with a precision of a quarter of an octave.
package struct FrequencyTable: Hashable {
  package static let total = 4096
  /// Bits of the first stored weight.
  static let weightBits = 6
  package static let largestWeight = 47
  /// Sixty-four times 2^(0/4), 2^(1/4), 2^(2/4), 2^(3/4).
  private static let quarters = [64, 76, 91, 108]

  /// Four times the logarithm to base 2 of each symbol's weight.
  package let weights: [Int]
  /// The frequency of each symbol, at least 1; the sum is ``total``.
  package let frequencies: [Int]

  /// - Parameter weights: 1...256 numbers in 0...``largestWeight``.
  package init(weights: [Int]) {
    precondition((1...256).contains(weights.count))
    self.weights = weights
    let shares = weights.map { Self.quarters[$0 & 3] << ($0 >> 2) }
    let sum = shares.reduce(0, +)
    var frequencies = shares.map { max(1, $0 * Self.total / sum) }
    // The most frequent symbols take the difference to the total.
    var rest = Self.total - frequencies.reduce(0, +)
    while rest != 0 {
      let most = frequencies.indices.max { (frequencies[$0], $1) < (frequencies[$1], $0) } ?? 0
      let change = rest > 0 ? rest : max(rest, -(frequencies[most] / 2))
      frequencies[most] += change
      rest -= change
    }
    self.frequencies = frequencies
  }

  /// The table that is nearest to counted symbols.
  package init(counts: [Int]) {
    let sum = Double(max(counts.reduce(0, +), 1))
    self.init(
      weights: counts.map { count in
        let share = Double(count) / sum * Double(Self.total)
        return share <= 1 ? 0 : min(Self.largestWeight, Int((4 * log2(share)).rounded()))
      })
  }

  /// The table of a context without elements: the first symbol is certain.
  static func certain(count: Int) -> FrequencyTable {
    FrequencyTable(weights: [largestWeight] + [Int](repeating: 0, count: count - 1), certain: true)
  }

  private init(weights: [Int], certain: Bool) {
    self.weights = weights
    frequencies = [Self.total] + [Int](repeating: 0, count: weights.count - 1)
  }

  /// Bits that coding counted symbols takes.
  func bits(of counts: [Int]) -> Double {
    var sum = 0.0
    for (count, frequency) in zip(counts, frequencies) where count > 0 {
      sum += Double(count) * (12 - Self.logarithms[frequency])
    }
    return sum
  }

  /// Logarithms to base 2 of 0...4,096.
  static let logarithms: [Double] = (0...total).map { $0 == 0 ? -64 : log2(Double($0)) }

  /// Bits of the stored table.
  package var bitCount: Int {
    var writer = BitWriter()
    write(to: &writer)
    return 8 * writer.finished().count
  }

  /// Writes the first weight and then the differences.
  package func write(to writer: inout BitWriter) {
    writer.append(weights[0], bits: Self.weightBits)
    for (before, weight) in zip(weights, weights.dropFirst()) {
      writer.appendSigned(weight - before, order: 1)
    }
  }

  /// Reads what ``write(to:)`` wrote.
  package init(count: Int, from reader: inout BitReader) throws(FormatError) {
    var weights = [try reader.number(bits: Self.weightBits)]
    for _ in 1..<count { weights.append(weights[weights.count - 1] + (try reader.signed(order: 1))) }
    guard let wrong = weights.first(where: { !(0...Self.largestWeight).contains($0) }) else {
      self.init(weights: weights)
      return
    }
    throw FormatError(.malformed("a symbol has the weight \(wrong), expected 0...\(Self.largestWeight)"))
  }
}
