// Bits given out by what errors cost.

import SedgeCompression
import SedgeArchitecture
import Testing

@Suite("Budget search")
struct BudgetSearchTests {
  /// Tensors of made-up sensitivities and sizes.
  private static let tensors = [(1e-2, 1000), (1e-4, 1000), (1e-6, 50_000), (1e-4, 100_000), (0, 2000)]
    .enumerated().map {
      index, item in
      let tensor = ModelTensor(name: "t\(index)", role: .linear, layout: .oi, shape: [item.1, 1])
      return BudgetedTensors(tensors: [tensor], weightCount: item.1, sensitivity: item.0, squaredError: 1)
    }
  private static let search = BudgetSearch(tensors)

  @Test("Every tensor between the limits causes the same error for each of its weights")
  func equalShares() {
    let bits = Self.search.bits(at: 14)
    let shares = zip(Self.search.errors(with: bits), Self.tensors).map { $0 / Double($1.weightCount) }
    let free = bits.indices.filter {
      bits[$0] > BudgetSearch.bitLimits.lowerBound && bits[$0] < BudgetSearch.bitLimits.upperBound
    }
    #expect(free.count >= 2)
    for i in free { #expect(abs(shares[i] / shares[free[0]] - 1) < 0.03, "bits are rounded to a hundredth") }
    #expect(bits[4] == BudgetSearch.bitLimits.lowerBound, "what costs nothing gets the fewest bits")
  }

  @Test("No exchange of bits between two tensors makes the error smaller at the same size")
  func optimal() {
    let bits = Self.search.bits(at: 14)
    let error = Self.search.errors(with: bits).reduce(0, +)
    for from in bits.indices {
      for to in bits.indices where from != to {
        var other = bits
        let counts = (Double(Self.tensors[from].weightCount), Double(Self.tensors[to].weightCount))
        other[from] -= 0.2
        other[to] += 0.2 * counts.0 / counts.1
        guard other[from] >= BudgetSearch.bitLimits.lowerBound, other[to] <= BudgetSearch.bitLimits.upperBound
        else { continue }
        #expect(Self.search.errors(with: other).reduce(0, +) > error)
      }
    }
  }

  @Test("Bits for an error are within it and near, whatever its law", arguments: [1, 2])
  func error(power: Int) throws {
    var runs = 0
    let limit = 0.01
    // An output whose error is another power of what the search believes, and a fifth larger.
    let measure = { (bits: [Double]) -> Double in
      runs += 1
      return 1.2 * Self.search.errors(with: bits).reduce(0, +).squareRoot().power(power)
    }
    let bits = try #require(Self.search.bits(limit: limit, guess: limit, measure: measure))
    #expect(runs <= 8)
    let error = measure(bits)
    #expect(error <= limit && error > 0.6 * limit)
  }

  @Test("An error that not even the most bits keep is refused")
  func unreachable() {
    #expect(Self.search.bits(limit: 1e-9, guess: 1e-9) { _ in 1 } == nil)
  }

  @Test("An error that the fewest bits keep takes the fewest bits")
  func free() {
    let bits = Self.search.bits(limit: 0.5, guess: 0.5) { _ in 0.001 }
    #expect(bits?.allSatisfy { $0 == BudgetSearch.bitLimits.lowerBound } == true)
  }

  @Test("Bits for a size never exceed it", arguments: [60_000, 100_000, 150_000])
  func size(limit: Int) throws {
    // Real tensors have parameters beside their bits.
    let measure = { (bits: [Double]) in Int(Self.search.byteCount(with: bits) * 1.01) + 700 }
    let bits = try #require(Self.search.bits(byteLimit: limit, measure: measure))
    #expect(measure(bits) <= limit && Double(measure(bits)) > 0.98 * Double(limit))
  }

  @Test("A size that the fewest bits exceed is refused", arguments: [-5, 100, 30_000])
  func tooSmall(limit: Int) {
    #expect(Self.search.bits(byteLimit: limit) { Int(Self.search.byteCount(with: $0)) + 700 } == nil)
  }
}

extension Double {
  fileprivate func power(_ exponent: Int) -> Double {
    (1...exponent).reduce(1) { product, _ in product * self }
  }
}
