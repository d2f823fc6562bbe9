// Levels for a matrix: one chain down each column.

internal import CSedgeCoding

/// Chooses levels by a trellis: of all sequences that it allows in a column, the one with the least sum of squared errors,
/// in steps, and level costs.
struct LevelSearch {
  let grid: StepGrid
  let contexts: Contexts
  /// Contexts x 2 quantizers x 4, in squared steps; `nil` where only the error counts.
  let costs: [Float]?
  private let rowSteps: [Float]
  private let columnSteps: [Float]
  private let rowFactors: [Float]
  private let columnFactors: [Float]
  private let rowClasses: [UInt8]
  private let columnClasses: [UInt8]

  init(grid: StepGrid, contexts: Contexts, costs: [Float]?, rows: Int, columns: Int) {
    (self.grid, self.contexts, self.costs) = (grid, contexts, costs)
    (rowSteps, columnSteps) = (grid.rowSteps(rows), grid.columnSteps(columns))
    rowFactors = rowSteps.map { 1 / $0 }
    columnFactors = columnSteps.map { 1 / $0 }
    rowClasses = contexts.rowClasses ?? [UInt8](repeating: 0, count: rows)
    columnClasses = contexts.columnClasses ?? [UInt8](repeating: 0, count: columns)
  }

  private static let chains = Int(SEDGE_CHAINS)

  /// The levels of all columns, row-major.
  func levels(of matrix: KeptMatrix) -> [Int16] {
    let (rows, columns) = (matrix.rows, matrix.columns)
    var levels = [Int16](repeating: 0, count: matrix.values.count)
    var targets = [Float](repeating: 0, count: rows * Self.chains)
    for first in stride(from: 0, to: columns, by: Self.chains) {
      let count = min(Self.chains, columns - first)
      for row in 0..<rows {
        for chain in 0..<count {
          targets[row * Self.chains + chain] =
            matrix.values[row * columns + first + chain] * rowFactors[row] * columnFactors[first + chain]
        }
      }
      let chosen = quantize(targets, classes: Array(columnClasses[first..<first + count]))
      for row in 0..<rows {
        for chain in 0..<count {
          levels[row * columns + first + chain] = chosen[row * Self.chains + chain]
        }
      }
    }
    return levels
  }

  /// Targets of up to this magnitude, in steps, have levels of 16 bits.
  private static let largestTarget: Float = 60_000

  /// The levels of one column; values beyond all levels get the outermost.
  func levels(of column: Int, values: [Float]) -> [Int16] {
    var targets = [Float](repeating: 0, count: values.count * Self.chains)
    for (row, value) in values.enumerated() {
      let target = value * rowFactors[row] * columnFactors[column]
      targets[row * Self.chains] = min(Self.largestTarget, max(-Self.largestTarget, target))
    }
    let chosen = quantize(targets, classes: [columnClasses[column]])
    return values.indices.map { chosen[$0 * Self.chains] }
  }

  /// Targets and levels are length x 16; there are as many chains as classes.
  private func quantize(_ targets: [Float], classes: [UInt8]) -> [Int16] {
    let length = targets.count / Self.chains
    return unsafe [Int16](unsafeUninitializedCapacity: targets.count) { levels, count in
      unsafe withUnsafeTemporaryAllocation(byteCount: sedge_chains_scratch(length), alignment: 64) {
        scratch in
        unsafe targets.withUnsafeBufferPointer { targets in
          unsafe classes.withUnsafeBufferPointer { classes in
            unsafe rowClasses.withUnsafeBufferPointer { rowClasses in
              unsafe (costs ?? []).withUnsafeBufferPointer { table in
                var chains = unsafe sedge_chains(
                  targets: targets.baseAddress, length: length, count: classes.count,
                  costs: costs == nil ? nil : table.baseAddress, context_count: contexts.count,
                  row_classes: rowClasses.baseAddress, chain_classes: classes.baseAddress)
                unsafe sedge_quantize_chains(&chains, scratch.baseAddress, levels.baseAddress)
              }
            }
          }
        }
      }
      count = targets.count
    }
  }

  /// The values of a matrix of levels, row-major.
  func values(of levels: [Int16]) -> [Float] { reconstructed(levels, columnSteps: columnSteps) }

  /// The values of one column's levels.
  func values(of levels: [Int16], column: Int) -> [Float] {
    reconstructed(levels, columnSteps: [columnSteps[column]])
  }

  private func reconstructed(_ levels: [Int16], columnSteps: [Float]) -> [Float] {
    precondition(levels.count == rowSteps.count * columnSteps.count)
    return unsafe [Float](unsafeUninitializedCapacity: levels.count) { values, count in
      unsafe levels.withUnsafeBufferPointer { levels in
        unsafe rowSteps.withUnsafeBufferPointer { rowSteps in
          unsafe columnSteps.withUnsafeBufferPointer { columnSteps in
            unsafe sedge_reconstruct_levels(
              rowSteps.count, columnSteps.count, levels.baseAddress, rowSteps.baseAddress,
              columnSteps.baseAddress, values.baseAddress)
          }
        }
      }
      count = levels.count
    }
  }

  /// The mean squared error of decoded values, in steps.
  func squaredStepError(_ decoded: [Float], _ matrix: KeptMatrix) -> Double {
    var sum = 0.0
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns {
        let at = row * matrix.columns + column
        let error = Double((decoded[at] - matrix.values[at]) / rowSteps[row] / columnSteps[column])
        sum += error * error
      }
    }
    return sum / Double(decoded.count)
  }
}
