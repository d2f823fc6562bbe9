// The encoder of the trellis codec.

internal import SedgePlatform

/// Encodes one matrix with the trellis codec.
package struct TrellisEncoder {
  private let columns: Int
  private let isRowKept: [Bool]
  private let matrix: KeptMatrix
  private let energy: Double
  private let rowExponents: [Int]?
  private let columnExponents: [Int]?
  private let compensation: (any ErrorCompensation)?
  private let statistics: MatrixStatistics
  /// Bits besides levels and classes.
  private let sideBits: Int

  /// Encodings of the whole matrix, at most, to meet a target.
  private static let attempts = 10
  /// Encodings after which any result within the target is accepted.
  private static let patientAttempts = 3
  /// Misses, in octaves of the step, that are not worth another encoding.
  private static let accepted = -0.01...0.0
  /// Steps, each half as large again, that are tried where no search meets a size.
  private static let coarserAttempts = 24

  /// Prepares a matrix.
  ///
  /// - Parameters:
  ///   - values: Finite numbers, row-major.
  ///   - rowImportances: The squared error of the output for a squared error of 1 in each row, from which the steps
  ///     follow; `nil` where all rows are alike.
  ///   - columnImportances: The same for columns; a compensation's own take precedence.
  ///   - compensation: Compensates errors by the statistics of the layer's inputs.
  package init(
    _ values: [Float], rows: Int, columns: Int, rowImportances: [Double]? = nil,
    columnImportances: [Double]? = nil, compensation: (any ErrorCompensation)? = nil
  ) {
    precondition(values.count == rows * columns)
    (self.columns, self.compensation) = (columns, compensation)
    let isKept = (0..<rows).map { row in
      values[row * columns..<(row + 1) * columns].contains { $0 != 0 }
    }
    isRowKept = isKept
    matrix = KeptMatrix(values, columns: columns, isRowKept: isKept)
    energy = matrix.energy
    rowExponents = rowImportances.flatMap { all in
      StepGrid.exponents(for: isKept.indices.filter { isKept[$0] }.map { all[$0] })
    }
    columnExponents = (compensation?.columnImportances ?? columnImportances).flatMap {
      StepGrid.exponents(for: $0)
    }
    sideBits = Self.sideBits(isKept, [rowExponents, columnExponents])
    statistics = MatrixStatistics(
      matrix, StepGrid(base: 1, rowExponents: rowExponents, columnExponents: columnExponents))
  }

  private static func sideBits(_ isRowKept: [Bool], _ exponents: [[Int]?]) -> Int {
    let empty = TrellisStream(isRowKept: isRowKept, grid: StepGrid(base: 1), coding: nil)
    return 8 * empty.encoded([], columns: 0).count
      + exponents.compactMap(\.self).reduce(0) { $0 + BitWriter.bitCount(of: $1) }
  }

  /// Elements of rows that are not all zeros.
  package var keptCount: Int { matrix.values.count }

  // MARK: The search for a step

  /// Encodes the matrix.
  ///
  /// - Returns: The stream; `nil` where the codec cannot hold the matrix, because its elements differ too much in size,
  ///   or cannot meet the target, because the parameters alone take more bits.
  package func encode(_ target: EncodingTarget) -> [UInt8]? {
    guard keptCount > 0 else {
      return TrellisStream(isRowKept: isRowKept, grid: StepGrid(base: 1), coding: nil).encoded(
        [], columns: columns)
    }
    let pilot = TrellisPilot(matrix, statistics, sideBits: sideBits, target)
    let exponents = StepGrid(base: 1, rowExponents: rowExponents, columnExponents: columnExponents)
    guard var settings = pilot.settings(exponents) else { return nil }
    var best: (bytes: [UInt8], miss: Double)?
    for attempt in 1...Self.attempts {
      let encoding = encoding(settings)
      var miss = miss(byteCount: encoding.estimatedByteCount, error: encoding.error, target)
      let isLast =
        Self.accepted.contains(miss) || attempt > Self.patientAttempts && miss <= 0
        || attempt == Self.attempts
      if isLast || best == nil && miss <= 0 {
        // The estimate is near the size of the stream; only the stream itself decides.
        let bytes = encoding.bytes(columns: columns)
        miss = self.miss(byteCount: Double(bytes.count), error: encoding.error, target)
        if Self.isBetter(miss, than: best?.miss) { best = (bytes, miss) }
        if isLast && miss <= 0 { break }
      }
      // With costs of levels, a smaller step need not have a smaller error.
      if target.growsWithStep, attempt > Self.patientAttempts, best == nil { settings.costs = nil }
      guard let base = nextBase(settings.grid.base, miss: miss, attempt: attempt, target) else { break }
      settings.grid.base = base
      guard statistics.fit(settings.grid) else { break }
    }
    if let best, best.miss <= 0 { return best.bytes }
    return target.growsWithStep ? nil : coarser(settings, target)
  }

  /// The step for the next attempt; `nil` where it would be the same.
  private func nextBase(_ base: Float, miss: Double, attempt: Int, _ target: EncodingTarget) -> Float? {
    // A little more than the miss, and more with every attempt, so that the search ends within the target.
    let change = miss + 0.001 * Double(attempt)
    let next = statistics.limited(base * Float(exp2(target.growsWithStep ? -change : change)), target)
    return next == base ? nil : next
  }

  /// The first encoding with ever larger steps that is small enough.
  ///
  /// A matrix of few elements may take more bits or fewer with any step, so that no search by octaves finds it.
  private func coarser(_ settings: TrellisSettings, _ target: EncodingTarget) -> [UInt8]? {
    var settings = settings
    for _ in 0..<Self.coarserAttempts {
      settings.grid.base *= 1.5
      guard statistics.fit(settings.grid) else { return nil }
      let encoding = encoding(settings)
      let bytes = encoding.bytes(columns: columns)
      if miss(byteCount: Double(bytes.count), error: encoding.error, target) <= 0 { return bytes }
    }
    return nil
  }

  /// Whether a miss is nearer to the target from below, or nearer at all where none was below.
  private static func isBetter(_ miss: Double, than best: Double?) -> Bool {
    guard let best else { return true }
    return best > 0 ? miss < best : miss <= 0 && miss > best
  }

  private func miss(byteCount: Double, error: Double, _ target: EncodingTarget) -> Double {
    target.miss(bitsPerWeight: 8 * byteCount / Double(keptCount), error: error)
  }

  // MARK: One encoding

  private struct Encoding {
    var levels: [Int16]
    var stream: TrellisStream
    var estimatedByteCount: Double
    /// The relative RMS error.
    var error: Double

    func bytes(columns: Int) -> [UInt8] { stream.encoded(levels, columns: columns) }
  }

  private func encoding(_ settings: TrellisSettings) -> Encoding {
    let search = LevelSearch(
      grid: settings.grid, contexts: settings.contexts, costs: settings.costs, rows: matrix.rows,
      columns: columns)
    let levels = compensation.map { compensatedLevels($0, search) } ?? search.levels(of: matrix)
    let counts = LevelCounts(levels, rows: matrix.rows, columns: columns, contexts: settings.contexts)
    let (coding, bits) = LevelCoding.best(
      for: counts, contexts: settings.contexts, rows: matrix.rows, columns: columns)
    return Encoding(
      levels: levels, stream: TrellisStream(isRowKept: isRowKept, grid: settings.grid, coding: coding),
      estimatedByteCount: (bits + Double(sideBits)) / 8,
      error: (matrix.squaredError(of: search.values(of: levels)) / energy).squareRoot())
  }

  /// Levels column by column, each for a target that compensates the errors of the columns before it.
  private func compensatedLevels(_ compensation: any ErrorCompensation, _ search: LevelSearch) -> [Int16] {
    var levels = [Int16](repeating: 0, count: matrix.values.count)
    compensation.round(matrix.values, rows: matrix.rows) { column, target in
      let chosen = search.levels(of: column, values: target)
      for row in 0..<matrix.rows { levels[row * columns + column] = chosen[row] }
      target = search.values(of: chosen, column: column)
    }
    return levels
  }
}
