// The trellis codec against its promises: sizes, errors, and what rate-distortion theory lets it reach.

import CSedgeCoding
import Foundation
import SedgeQuantization
import SedgeTensor
import Synchronization
import Testing

/// Normally distributed numbers, the same in every run.
func normals(_ count: Int, seed: UInt64) -> [Float] {
  var numbers = Numbers(seed: seed)
  return (0..<count).map { _ in
    let (a, b) = (0.5 + 0.5 * Double(numbers.even()), Double(numbers.even()))
    return Float((-2 * log(max(a, 1e-12))).squareRoot() * cos(.pi * b))
  }
}

/// Kinds of numbers that a matrix may have.
enum Kind: String, CaseIterable, Sendable {
  case normal, rowsOfZeros, constant, heavyTails, huge, tiny, steepRows, steepColumns, integers, alternating

  func values(rows: Int, columns: Int) -> [Float] {
    let numbers = normals(rows * columns, seed: UInt64(31 * rows + columns))
    return numbers.indices.map { i in
      let (row, column, x) = (i / columns, i % columns, numbers[i])
      return switch self {
      case .normal: x * 0.02
      case .rowsOfZeros: row % 3 == 1 ? 0 : x
      case .constant: 0.37
      case .heavyTails: x * x * x * (i % 97 == 0 ? 50 : 0.3)
      case .huge: x * 0x1p50
      case .tiny: x * 0x1p-60
      case .steepRows: x * Float(sign: .plus, exponent: -(row % 12), significand: 1)
      case .steepColumns: x * Float(sign: .plus, exponent: -(column % 12), significand: 1)
      case .integers: (4 * x).rounded()
      case .alternating: i % 2 == 0 ? 1 : -1
      }
    }
  }
}

@Suite("The trellis codec")
struct TrellisCodecs {
  static let shapes = [
    (1, 1), (1, 2), (1, 300), (300, 1), (7, 49), (49, 64), (192, 192), (17, 1023), (128, 128), (257, 511),
    (70, 2000),
  ]

  /// The bits of an element of a row that is not all zeros.
  private func bits(_ encoded: EncodedTensor, _ values: [Float], columns: Int) -> Double {
    let kept = stride(from: 0, to: values.count, by: columns).count { row in
      values[row..<row + columns].contains { $0 != 0 }
    }
    return 8 * Double(encoded.codes.count) / Double(kept * columns)
  }

  @Test(
    "never takes more bits than wished, or does not take the matrix", arguments: Kind.allCases,
    [2, 4, 8] as [Double])
  func bits(kind: Kind, goal: Double) throws {
    for (rows, columns) in Self.shapes {
      let values = kind.values(rows: rows, columns: columns)
      guard values.contains(where: { $0 != 0 }) else { continue }
      let codec = TrellisCodec(.bits(goal))
      let encoded = codec.encode(values, rows: rows, columns: columns)
      guard let encoded else {
        // Of two values sizes jump as steps change, and the search need not hit a size; other codecs take a few bytes.
        #expect(isBeyond(values, goal: goal) || kind == .alternating, "\(rows) x \(columns)")
        continue
      }
      #expect(bits(encoded, values, columns: columns) <= goal)
      #expect(codec.codeByteCountRange(rows: rows, columns: columns).contains(encoded.codes.count))
      let decoded = try codec.decode(encoded, rows: rows, columns: columns)
      let error = Deviation(reference: values, actual: decoded).relativeRMS
      // No worse than the Shannon bound by a half, where parameters are few beside the weights.
      if values.count > 8000 { #expect(error < 1.5 * exp2(-goal), "\(rows) x \(columns): \(error)") }
      #expect(error <= 1, "\(rows) x \(columns): \(error)")
    }
  }

  /// Whether a matrix is one that the codec leaves to others.
  private func isBeyond(_ values: [Float], goal: Double) -> Bool {
    // Parameters take some tens of bytes, of which few weights have not enough.
    if Double(values.count) * goal < 1500 { return true }
    // The step that such an error needs is less than a 50,000th of the largest element.
    let energy = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let largest = values.reduce(0) { max($0, abs($1)) }
    let ratio = Double(largest) / (energy / Double(values.count)).squareRoot()
    return ratio * exp2(goal) > 100_000
  }

  @Test("never has a larger error than requested", arguments: Kind.allCases, [0.5, 0.06, 0.004])
  func error(kind: Kind, goal: Double) throws {
    for (rows, columns) in Self.shapes {
      let values = kind.values(rows: rows, columns: columns)
      let codec = TrellisCodec(.relativeRMS(goal))
      guard let encoded = codec.encode(values, rows: rows, columns: columns) else {
        Issue.record("\(rows) x \(columns) is not coded")
        continue
      }
      let decoded = try codec.decode(encoded, rows: rows, columns: columns)
      let error = Deviation(reference: values, actual: decoded).relativeRMS
      #expect(error <= goal, "\(rows) x \(columns)")
      // The step is found, not only one that is small enough.
      if values.count > 8000, kind == .normal { #expect(error > 0.98 * goal, "\(rows) x \(columns)") }
    }
  }

  @Test("keeps rows of zeros, and a matrix of zeros, as they are")
  func zeros() throws {
    let values = Kind.rowsOfZeros.values(rows: 100, columns: 50)
    let codec = TrellisCodec(.bits(4))
    let decoded = try codec.decode(codec.coded(values, rows: 100, columns: 50), rows: 100, columns: 50)
    for row in stride(from: 1, to: 100, by: 3) {
      #expect(decoded[row * 50..<(row + 1) * 50].allSatisfy { $0 == 0 })
    }
    for (rows, columns) in [(1, 1), (3, 5), (100, 50)] {
      let zeros = [Float](repeating: 0, count: rows * columns)
      let encoded = try codec.coded(zeros, rows: rows, columns: columns)
      #expect(encoded.codes.count <= 8)
      #expect(try codec.decode(encoded, rows: rows, columns: columns) == zeros)
    }
  }

  @Test("does not take numbers out of proportion, or beyond its steps")
  func refuses() {
    for values in [[1e30, 1e-5, 1e-5, 1e-5], [3e38, 3e38, 1, 2], [1e-30, 2e-30, 0, 1e-31]] as [[Float]] {
      let many = (0..<1000).flatMap { $0 == 0 ? values : [values[1], values[2], values[3], 0] }
      #expect(TrellisCodec(.bits(4)).encode(many, rows: 40, columns: 100) == nil, "\(values)")
    }
  }

  @Test(
    "comes within a tenth of the Shannon bound, and below every uniform quantizer",
    arguments: [3, 4, 6, 8] as [Double])
  func theory(goal: Double) throws {
    let (rows, columns) = (512, 256)
    let values = normals(rows * columns, seed: 40)
    let codec = TrellisCodec(.bits(goal))
    let encoded = try codec.coded(values, rows: rows, columns: columns)
    let decoded = try codec.decode(encoded, rows: rows, columns: columns)
    let error = Deviation(reference: values, actual: decoded).relativeRMS
    // The relative RMS error of normally distributed numbers is 2^-bits at least (Shannon 1959).
    #expect(error < 1.10 * exp2(-goal) && error > 0.99 * exp2(-goal))
    #expect(error < 0.93 * Self.uniformError(values, bits: bits(encoded, values, columns: columns)))
  }

  /// The relative RMS error of a uniform quantizer whose entropy is so many bits, without any parameters.
  private static func uniformError(_ values: [Float], bits: Double) -> Double {
    var (low, high) = (1e-4, 8.0)
    var error = 0.0
    for _ in 0..<40 {
      let step = (low * high).squareRoot()
      var counts: [Int: Int] = [:]
      var (errors, energy) = (0.0, 0.0)
      for value in values {
        let level = (Double(value) / step).rounded()
        counts[Int(level), default: 0] += 1
        errors += (Double(value) - level * step) * (Double(value) - level * step)
        energy += Double(value) * Double(value)
      }
      let entropy = counts.values.reduce(0.0) {
        let share = Double($1) / Double(values.count)
        return $0 - share * log2(share)
      }
      if entropy > bits { low = step } else { high = step }
      error = (errors / energy).squareRoot()
    }
    return error
  }

  @Test("gives the same bytes whatever runs at the same time")
  func concurrent() async throws {
    let values = Kind.steepRows.values(rows: 60, columns: 200)
    let expected = try TrellisCodec(.bits(4)).coded(values, rows: 60, columns: 200)
    await withTaskGroup(of: EncodedTensor?.self) { group in
      for _ in 0..<4 { group.addTask { TrellisCodec(.bits(4)).encode(values, rows: 60, columns: 200) } }
      for await encoded in group { #expect(encoded == expected) }
    }
  }
}

/// Adds half of a column's error to the next column, and remembers what it was told that columns will be.
private final class HalfCompensation: ErrorCompensation {
  let columnImportances: [Double]
  private let kept: Mutex<[Float]> = Mutex([])

  init(columnImportances: [Double]) { self.columnImportances = columnImportances }

  var rounded: [Float] { kept.withLock { $0 } }

  @discardableResult
  func round(_ weights: [Float], rows: Int, round: (_ column: Int, _ target: inout [Float]) -> Void)
    -> [Float]
  {
    let columns = weights.count / rows
    var result = weights
    var errors = [Float](repeating: 0, count: rows)
    for column in (0..<columns).reversed() {
      let wished = (0..<rows).map { weights[$0 * columns + column] + 0.5 * errors[$0] }
      var target = wished
      round(column, &target)
      for row in 0..<rows {
        errors[row] = wished[row] - target[row]
        result[row * columns + column] = target[row]
      }
    }
    kept.withLock { $0 = result }
    return result
  }
}

@Suite("Error compensation")
struct Compensation {
  @Test("sees the very values that decoding gives")
  func sameValues() throws {
    let (rows, columns) = (90, 33)
    let values = normals(rows * columns, seed: 50)
    for importances in [[Double](repeating: 1, count: 33), (0..<33).map { exp2(Double($0 % 7)) }] {
      let compensation = HalfCompensation(columnImportances: importances)
      let encoder = TrellisEncoder(values, rows: rows, columns: columns, compensation: compensation)
      let stream = try #require(encoder.encode(.step(0.3)))
      let decoded = try TrellisCodec().decode(EncodedTensor(codes: stream), rows: rows, columns: columns)
      #expect(decoded.map(\.bitPattern) == compensation.rounded.map(\.bitPattern))
    }
  }

  @Test("makes steps small where errors matter")
  func importances() throws {
    let (rows, columns) = (200, 64)
    let values = normals(rows * columns, seed: 51)
    let compensation = HalfCompensation(columnImportances: (0..<columns).map { $0 < 32 ? 1 : 256 })
    let encoder = TrellisEncoder(values, rows: rows, columns: columns, compensation: compensation)
    let stream = try #require(encoder.encode(.bits(4)))
    let decoded = try TrellisCodec().decode(EncodedTensor(codes: stream), rows: rows, columns: columns)
    var errors = [0.0, 0.0]
    for i in values.indices {
      let difference = Double(values[i] - decoded[i])
      errors[i % columns / 32] += difference * difference
    }
    // Steps go with the root of the importance: a sixteenth; the other half's errors are added to by compensation.
    #expect(errors[0] > 100 * errors[1])
  }

  @Test("of targets beyond all levels takes the outermost")
  func outOfRange() throws {
    struct Wild: ErrorCompensation {
      let columnImportances = [1.0, 1]
      func round(_ weights: [Float], rows: Int, round: (Int, inout [Float]) -> Void) -> [Float] {
        var target: [Float] = [1e30, -1e30, .nan, 1]
        round(0, &target)
        round(1, &target)
        return weights
      }
    }
    let encoder = TrellisEncoder([1, -1, 1, -1, 1, 1, -1, 1], rows: 4, columns: 2, compensation: Wild())
    let stream = try #require(encoder.encode(.step(0.25)))
    let decoded = try TrellisCodec().decode(EncodedTensor(codes: stream), rows: 4, columns: 2)
    #expect(decoded[0] == 15_000 && decoded[2] == -15_000)
  }
}
