// The trellis: the best levels, the same on every processor.

import CSedgeCoding
import CSedgeProcessor
import SedgeQuantization
import Testing

/// The tables of functions of the kernel sets that this processor supports, by name.
nonisolated(unsafe) private let trellisSets: [String: UnsafePointer<sedge_trellis>] = {
  var sets: [String: UnsafePointer<sedge_trellis>] = unsafe [:]
  while let table = unsafe sedge_trellis_sets(sedge_processor_instructions(), sets.count) {
    unsafe sets[String(cString: table.pointee.name)] = table
  }
  return unsafe sets
}()

/// Sixteen chains and the costs of their levels.
private struct Chains {
  var targets: [Float]
  var length: Int
  var costs: [Float]?
  var contextCount = 1
  var rowClasses: [UInt8]
  var chainClasses = [UInt8](repeating: 0, count: 16)

  /// Levels chosen by a kernel set, length x 16; `nil` where there is no such set.
  func levels(_ set: String) -> [Int16]? {
    guard let functions = unsafe trellisSets[set] else { return nil }
    var levels = [Int16](repeating: 0, count: 16 * length)
    unsafe withUnsafeTemporaryAllocation(byteCount: sedge_chains_scratch(length), alignment: 64) { scratch in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe rowClasses.withUnsafeBufferPointer { rowClasses in
          unsafe chainClasses.withUnsafeBufferPointer { chainClasses in
            unsafe (costs ?? []).withUnsafeBufferPointer { table in
              var chains = unsafe sedge_chains(
                targets: targets.baseAddress, length: length, count: 16,
                costs: costs == nil ? nil : table.baseAddress, context_count: contextCount,
                row_classes: rowClasses.baseAddress, chain_classes: chainClasses.baseAddress)
              unsafe levels.withUnsafeMutableBufferPointer {
                unsafe functions.pointee.quantize_chains(&chains, scratch.baseAddress, $0.baseAddress)
              }
            }
          }
        }
      }
    }
    return levels
  }

  /// What a level costs a row of a chain.
  func cost(_ level: Int, quantizer: Int, row: Int, chain: Int) -> Double {
    guard let costs else { return 0 }
    let context = min(Int(rowClasses[row]) + Int(chainClasses[chain]), contextCount - 1)
    let price = costs[(2 * context + quantizer) * 4..<(2 * context + quantizer) * 4 + 4].map(Double.init)
    let size = Double(abs(level))
    return level == 0 ? price[0] : price[1] + size * (price[2] + size * price[3])
  }

  /// The sum of squared errors and costs of a chain's levels.
  func sum(_ levels: [Int], chain: Int) -> Double {
    var (sum, state) = (0.0, 0)
    for (row, level) in levels.enumerated() {
      let error = Double(targets[16 * row + chain]) - Double(Trellis.multiple(level, state))
      sum += error * error + cost(level, quantizer: state & 1, row: row, chain: chain)
      state = Trellis.next(state, level)
    }
    return sum
  }

  /// The least sum that any levels have, tried one by one.
  func leastSum(chain: Int) -> Double {
    func least(_ row: Int, _ state: Int) -> Double {
      guard row < length else { return 0 }
      let target = Double(targets[16 * row + chain])
      let middle = Int((target / 2).rounded())
      return (middle - 5...middle + 5).map { level in
        let error = target - Double(Trellis.multiple(level, state))
        return error * error + cost(level, quantizer: state & 1, row: row, chain: chain)
          + least(row + 1, Trellis.next(state, level))
      }.min() ?? 0
    }
    return least(0, 0)
  }
}

/// The trellis, from docs/format.md.
enum Trellis {
  static func multiple(_ level: Int, _ state: Int) -> Int { 2 * level - (state & 1) * level.signum() }
  static func next(_ state: Int, _ level: Int) -> Int {
    (2 * state & 7) | ((level ^ state >> 1 ^ state >> 2) & 1)
  }
}

@Suite("Chosen levels")
struct ChosenLevels {
  private static func chains(length: Int, size: Float, costs: [Float]?, contexts: Int = 1, seed: UInt64)
    -> Chains
  {
    var numbers = Numbers(seed: seed)
    let targets = (0..<16 * length).map { _ in numbers.normal() * size }
    let rows = (0..<length).map { UInt8($0 % contexts) }
    return Chains(
      targets: targets, length: length, costs: costs, contextCount: contexts, rowClasses: rows,
      chainClasses: (0..<16).map { UInt8($0 % contexts) })
  }

  @Test("have the least sum of squared errors of all", arguments: [0.5, 2, 9] as [Float])
  func best(size: Float) throws {
    for length in [1, 2, 3, 4] {
      let chains = Self.chains(length: length, size: size, costs: nil, seed: UInt64(length))
      let levels = try #require(chains.levels("portable"))
      for chain in 0..<16 {
        let chosen = (0..<length).map { Int(levels[16 * $0 + chain]) }
        #expect(abs(chains.sum(chosen, chain: chain) - chains.leastSum(chain: chain)) < 1e-4)
      }
    }
  }

  @Test("have the least sum of errors and costs, where costs are about a level's error")
  func bestWithCosts() throws {
    // Zero is cheap, and each step away from it costs somewhat more.
    let costs: [Float] = [0.1, 0.4, 0.1, 0.02, 0.2, 0.3, 0.15, 0.01]
    for length in [1, 2, 3, 4] {
      let chains = Self.chains(length: length, size: 3, costs: costs, seed: UInt64(length + 10))
      let levels = try #require(chains.levels("portable"))
      for chain in 0..<16 {
        let chosen = (0..<length).map { Int(levels[16 * $0 + chain]) }
        #expect(abs(chains.sum(chosen, chain: chain) - chains.leastSum(chain: chain)) < 1e-4)
      }
    }
  }

  private struct Case: Sendable, CustomTestStringConvertible {
    var size: Float
    var hasCosts: Bool
    var testDescription: String { "size \(size)\(hasCosts ? ", costs" : "")" }
  }

  private static let cases = ([0.3, 4, 1000, 30_000] as [Float]).flatMap { size in
    [false, true].map { Case(size: size, hasCosts: $0) }
  }

  @Test("are the same with every kernel set", arguments: unsafe trellisSets.keys.sorted(), cases)
  private func sameEverywhere(set: String, values: Case) throws {
    let (size, hasCosts) = (values.size, values.hasCosts)
    let costs =
      hasCosts ? (0..<3).flatMap { _ in [0.05, 0.3, 0.08, 0.01, 0.1, 0.2, 0.1, 0] as [Float] } : nil
    let chains = Self.chains(length: 1000, size: size, costs: costs, contexts: 3, seed: 20)
    let portable = try #require(chains.levels("portable"))
    #expect(portable.contains { $0 != 0 })
    #expect(chains.levels(set) == portable)
  }
}
