// A matrix to a stream of a wanted size or error.

internal import CSedgeCoding
internal import SedgePlatform
internal import SedgeTensor

/// What a coded matrix should be.
public enum CodingGoal: Hashable, Sendable {
  /// At most so many bits for each element of a row that is not all zeros, everything counted.
  case bits(Double)
  /// A relative RMS error of at most so much.
  case relativeRMS(Double)
  /// Steps of this size where all exponents are 0.
  case step(Float)
}

extension CodingGoal {
  /// Whether what is limited grows with the steps, as an error does and a size does not.
  fileprivate var growsWithSteps: Bool {
    if case .relativeRMS = self { true } else { false }
  }
}

/// Makes up for the error of each column in the columns that follow.
public protocol ErrorCompensation: Sendable {
  /// What a squared error of 1 in each column costs the output after later columns have made up for it.
  var columnImportances: [Double] { get }

  /// Rounds a matrix column by column, in any order.
  ///
  /// - Parameters:
  ///   - weights: rows x columns, row-major.
  ///   - round: Gets a column and its target, and replaces the target by the values it will have.
  /// - Returns: The rounded matrix.
  @discardableResult
  func round(_ weights: [Float], rows: Int, round: (_ column: Int, _ target: inout [Float]) -> Void)
    -> [Float]
}

/// Encodes one matrix with the trellis codec.
public struct TrellisEncoder {
  private let rows: Int
  private let columns: Int
  private let isRowKept: [Bool]
  private let matrix: KeptMatrix
  private let energy: Double
  private let rowExponents: [Int]?
  private let columnExponents: [Int]?
  private let compensation: (any ErrorCompensation)?
  private let statistics: MatrixStatistics
  private let sideBits: Int

  /// Elements that a search looks at before it codes all of them.
  private static let sampleCount = 1 << 17
  /// Above so many bits a level's cost is no longer worth its time: it gains less than a hundredth of a bit.
  private static let largestWeighedBits = 6.0
  /// Codings of the whole matrix, at most, to meet a goal.
  private static let attempts = 10

  /// Prepares a matrix.
  ///
  /// - Parameters:
  ///   - values: Finite numbers, row-major.
  ///   - rowImportances: What a squared error in a row costs the output; steps follow. `nil` for all alike.
  ///   - columnImportances: The same for columns; with a compensation, its own are taken.
  ///   - compensation: What is known of the layer's inputs.
  public init(
    _ values: [Float], rows: Int, columns: Int, rowImportances: [Double]? = nil,
    columnImportances: [Double]? = nil, compensation: (any ErrorCompensation)? = nil
  ) {
    precondition(values.count == rows * columns)
    (self.rows, self.columns, self.compensation) = (rows, columns, compensation)
    let isKept = (0..<rows).map { row in
      values[row * columns..<(row + 1) * columns].contains { $0 != 0 }
    }
    isRowKept = isKept
    let kept = isKept.contains(false) ? isKept.indices.filter { isKept[$0] } : nil
    let keptValues = kept.map { $0.flatMap { values[$0 * columns..<($0 + 1) * columns] } } ?? values
    matrix = KeptMatrix(values: keptValues, rows: kept?.count ?? rows, columns: columns)
    energy = keptValues.reduce(0.0) { $0 + Double($1) * Double($1) }
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

  /// Elements of rows that are not all zeros.
  public var keptCount: Int { matrix.values.count }

  /// Codes the matrix.
  ///
  /// - Returns: The stream; `nil` where the codec cannot hold the matrix, such as for numbers out of all proportion, or
  ///   cannot reach the goal, such as for the bits of a matrix whose parameters take more.
  public func encode(_ goal: CodingGoal) -> [UInt8]? {
    guard keptCount > 0 else {
      return TrellisStream(isRowKept: isRowKept, grid: StepGrid(base: 1), coding: nil).encoded(
        [], columns: columns)
    }
    guard var settings = pilot(goal) else { return nil }
    var best: (bytes: [UInt8], miss: Double)?
    for attempt in 1...Self.attempts {
      let coded = code(settings)
      var miss = miss(byteCount: coded.byteCount, error: coded.error, goal)
      let isLast = Self.accepted.contains(miss) || attempt > 3 && miss <= 0 || attempt == Self.attempts
      if isLast || best == nil && miss <= 0 {
        // Only what is coded tells its size to the byte.
        let bytes = coded.stream.encoded(coded.levels, columns: columns)
        miss = self.miss(byteCount: Double(bytes.count), error: coded.error, goal)
        if Self.isBetter(miss, than: best?.miss) { best = (bytes, miss) }
        if isLast && miss <= 0 { break }
      }
      // Where what levels cost has a say, an error need not follow the steps.
      if goal.growsWithSteps, attempt > 3, best == nil { settings.costs = nil }
      // A little more than it takes, so that it ends below the goal, and more with every attempt.
      let change = miss + 0.001 * Double(attempt)
      let base = limited(settings.grid.base * Float(exp2(goal.growsWithSteps ? -change : change)), goal)
      guard base != settings.grid.base else { break }
      settings.grid.base = base
      guard isCodable(settings.grid) else { break }
    }
    if let best, best.miss <= 0 { return best.bytes }
    return goal.growsWithSteps ? nil : coarser(settings, goal)
  }

  /// The first coding with ever larger steps that is small enough: of a few numbers alone, which may take more bits or
  /// fewer with any step.
  private func coarser(_ settings: Settings, _ goal: CodingGoal) -> [UInt8]? {
    var settings = settings
    for _ in 0..<24 {
      settings.grid.base *= 1.5
      guard isCodable(settings.grid) else { return nil }
      let coded = code(settings)
      let bytes = coded.stream.encoded(coded.levels, columns: columns)
      if miss(byteCount: Double(bytes.count), error: coded.error, goal) <= 0 { return bytes }
    }
    return nil
  }

  /// Misses, in octaves, that are not worth another coding.
  private static let accepted = -0.01...0.0

  /// Below the goal is good, and best what is nearest to it; above it is better than nothing.
  private static func isBetter(_ miss: Double, than best: Double?) -> Bool {
    guard let best else { return true }
    return best > 0 ? miss < best : miss <= 0 && miss > best
  }

  /// How many octaves the steps are off: positive where the goal is not met.
  private func miss(byteCount: Double, error: Double, _ goal: CodingGoal) -> Double {
    switch goal {
    case .bits(let bits): 8 * byteCount / Double(keptCount) - bits
    case .relativeRMS(let limit): log2(max(error, 1e-30) / limit)
    case .step: 0
    }
  }

  // MARK: One coding

  /// Grid, contexts and costs to code with.
  private struct Settings {
    var grid: StepGrid
    var contexts: Contexts
    var costs: [Float]?
  }

  /// - Returns: The levels, how they are coded, about how many bytes that takes, and the relative RMS error.
  private func code(
    _ settings: Settings
  ) -> (levels: [Int16], stream: TrellisStream, byteCount: Double, error: Double) {
    let search = LevelSearch(
      grid: settings.grid, contexts: settings.contexts, costs: settings.costs, rows: matrix.rows,
      columns: columns)
    let levels = compensation.map { compensatedLevels($0, search) } ?? search.levels(of: matrix)
    let counts = LevelCounts(levels, rows: matrix.rows, columns: columns, contexts: settings.contexts)
    let (coding, bits) = LevelCoding.best(
      for: counts, contexts: settings.contexts, rows: matrix.rows, columns: columns)
    let stream = TrellisStream(isRowKept: isRowKept, grid: settings.grid, coding: coding)
    let error = squaredError(search.values(of: levels, rows: matrix.rows, columns: columns), matrix.values)
    return (levels, stream, (bits + Double(sideBits)) / 8, (error / energy).squareRoot())
  }

  /// Levels column by column, each after those before it have left it their errors.
  private func compensatedLevels(_ compensation: any ErrorCompensation, _ search: LevelSearch) -> [Int16] {
    var levels = [Int16](repeating: 0, count: matrix.values.count)
    compensation.round(matrix.values, rows: matrix.rows) { column, target in
      let chosen = search.levels(of: column, values: target)
      for row in 0..<matrix.rows { levels[row * columns + column] = chosen[row] }
      target = search.values(of: chosen, column: column)
    }
    return levels
  }

  // MARK: The search for a step

  /// Settings that meet the goal on a sample of the columns.
  private func pilot(_ goal: CodingGoal) -> Settings? {
    let chosen = sampledColumns()
    let sample = chosen.count == columns ? matrix : matrix.columns(chosen)
    let scale = Double(columns) / Double(chosen.count)
    var grid = StepGrid(base: firstBase(goal), rowExponents: rowExponents, columnExponents: columnExponents)
    guard isCodable(grid) else { return nil }
    var contexts = Contexts()
    var costs: [Float]?
    for round in 0..<4 {
      var sampleGrid = grid
      sampleGrid.columnExponents = columnExponents.map { all in chosen.map { all[$0] } }
      let sampleContexts = contexts.columns(chosen)
      let search = LevelSearch(
        grid: sampleGrid, contexts: sampleContexts, costs: costs, rows: sample.rows, columns: sample.columns)
      let levels = search.levels(of: sample)
      if round == 1 { contexts = bestContexts(grid, levels, sample, chosen, scale: scale) }
      let contextsNow = contexts.columns(chosen)
      let counts = LevelCounts(levels, rows: sample.rows, columns: sample.columns, contexts: contextsNow)
      let (coding, bits) = LevelCoding.best(
        for: counts, contexts: contextsNow, rows: sample.rows, columns: sample.columns, scale: scale)
      let decoded = search.values(of: levels, rows: sample.rows, columns: sample.columns)
      let error = squaredError(decoded, sample.values)
      let bitsEach = (bits + Double(sideBits)) / Double(keptCount)
      if bitsEach < Self.largestWeighedBits, round > 0 {
        let stepError = squaredStepError(decoded, sample, sampleGrid)
        let lambda = Float(2 * log(2.0) * 0.9 * stepError)
        costs = coding.costs(counts).map { $0 * lambda }
      } else {
        costs = nil
      }
      switch goal {
      case .bits(let target):
        grid.base = limited(grid.base * Float(exp2(min(max(bitsEach - target, -8), 8))), goal)
      case .relativeRMS(let target):
        let sampleEnergy = sample.values.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard error > 0, sampleEnergy > 0 else { break }
        grid.base *= Float(min(max(target / (error / sampleEnergy).squareRoot(), 0x1p-8), 0x1p8))
      case .step: break
      }
      guard isCodable(grid) else { return nil }
    }
    // What a sample tells is a little uncertain.
    if chosen.count < columns { grid.base *= goal.growsWithSteps ? 0.998 : 1.003 }
    return Settings(grid: grid, contexts: contexts, costs: costs)
  }

  /// Columns spread over the matrix; all where they are few.
  private func sampledColumns() -> [Int] {
    let count = min(columns, max(Int(SEDGE_CHAINS), Self.sampleCount / matrix.rows))
    return (0..<count).map { $0 * columns / count }
  }

  /// What a normal distribution would need: an entropy of log2(4.13 σ) bits, quantizers with steps twice as large as
  /// that of the trellis, and about a quarter of its square as error.
  private func firstBase(_ goal: CodingGoal) -> Float {
    let scale: Double
    switch goal {
    case .step(let step): return step
    case .bits(let bits): scale = 2.07 / exp2(bits)
    case .relativeRMS(let limit): scale = limit / 0.51
    }
    return Float(statistics.rms * scale)
  }

  /// Whether every element is a level of 16 bits.
  private func isCodable(_ grid: StepGrid) -> Bool {
    StepGrid.baseLimits.contains(grid.base) && statistics.largest < 50_000 * grid.base
  }

  /// A base that is not too small for levels of 16 bits where only the size is limited: numbers that take fewer bits than
  /// they may have a smaller error than normally distributed ones with all of them.
  private func limited(_ base: Float, _ goal: CodingGoal) -> Float {
    guard case .bits = goal else { return base }
    return max(base, StepGrid.baseLimits.lowerBound, statistics.largest / 49_999)
  }

  /// Bits beside levels and classes.
  private static func sideBits(_ isRowKept: [Bool], _ exponents: [[Int]?]) -> Int {
    let empty = TrellisStream(isRowKept: isRowKept, grid: StepGrid(base: 1), coding: nil)
    return 8 * empty.encoded([], columns: 0).count
      + exponents.compactMap(\.self).reduce(0) { $0 + BitWriter.bitCount(of: $1) }
  }

  private func squaredError(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for i in a.indices {
      let difference = Double(a[i]) - Double(b[i])
      sum += difference * difference
    }
    return sum
  }

  /// The mean squared error in steps.
  private func squaredStepError(_ decoded: [Float], _ sample: KeptMatrix, _ grid: StepGrid) -> Double {
    let (rowSteps, columnSteps) = (grid.rowSteps(sample.rows), grid.columnSteps(sample.columns))
    var sum = 0.0
    for row in 0..<sample.rows {
      for column in 0..<sample.columns {
        let at = row * sample.columns + column
        let error = Double((decoded[at] - sample.values[at]) / rowSteps[row] / columnSteps[column])
        sum += error * error
      }
    }
    return sum / Double(decoded.count)
  }

  // MARK: Contexts

  /// The classes of rows or columns, or both, by their size in steps, that make the sample smallest.
  private func bestContexts(
    _ grid: StepGrid, _ levels: [Int16], _ sample: KeptMatrix, _ chosen: [Int], scale: Double
  ) -> Contexts {
    let (rowSizes, columnSizes) = sizes(grid)
    var best = Contexts()
    var bestBits = Double.infinity
    for contexts in Contexts.candidates(rowSizes: rowSizes, columnSizes: columnSizes) {
      let some = contexts.columns(chosen)
      let counts = LevelCounts(levels, rows: sample.rows, columns: sample.columns, contexts: some)
      let bits =
        LevelCoding.best(
          for: counts, contexts: some, rows: sample.rows, columns: sample.columns, scale: scale
        ).bits
        + Double(contexts.bitCount - some.bitCount)
      if bits < bestBits { (best, bestBits) = (contexts, bits) }
    }
    return best
  }

  /// Logarithms to base 2 of the RMS of each row and column, in steps.
  private func sizes(_ grid: StepGrid) -> (rows: [Double], columns: [Double]) {
    let octaves = log2(Double(grid.base))
    return (statistics.rowSizes.map { $0 - octaves }, statistics.columnSizes.map { $0 - octaves })
  }
}

/// What the numbers of a matrix are like in steps of a base of 1.
private struct MatrixStatistics {
  private(set) var largest: Float = 0
  /// Of all elements.
  let rms: Double
  /// Logarithms to base 2 of the RMS of each row.
  let rowSizes: [Double]
  /// Logarithms to base 2 of the RMS of each column.
  let columnSizes: [Double]

  init(_ matrix: KeptMatrix, _ grid: StepGrid) {
    let rowFactors = grid.rowSteps(matrix.rows).map { 1 / $0 }
    let columnFactors = grid.columnSteps(matrix.columns).map { 1 / $0 }
    var rowSums: [Double] = []
    var columnSums = [Double](repeating: 0, count: matrix.columns)
    for row in 0..<matrix.rows {
      var sum = 0.0
      for column in 0..<matrix.columns {
        let x = matrix.values[row * matrix.columns + column] * rowFactors[row] * columnFactors[column]
        largest = max(largest, abs(x))
        let square = Double(x) * Double(x)
        sum += square
        columnSums[column] += square
      }
      rowSums.append(sum)
    }
    rms = (rowSums.reduce(0, +) / Double(max(matrix.values.count, 1))).squareRoot()
    rowSizes = rowSums.map { 0.5 * log2(max($0 / Double(matrix.columns), 1e-60)) }
    columnSizes = columnSums.map { 0.5 * log2(max($0 / Double(max(matrix.rows, 1)), 1e-60)) }
  }
}

extension Contexts {
  /// None, and classes of rows, of columns and of both, half an octave or an octave wide.
  static func candidates(rowSizes: [Double], columnSizes: [Double]) -> [Contexts] {
    var result = [Contexts()]
    let columnMean = columnSizes.reduce(0, +) / Double(max(columnSizes.count, 1))
    for resolution in [2.0, 1.0] {
      let rows = classes(rowSizes, resolution)
      let columns = classes(columnSizes, resolution)
      let additional = classes(columnSizes.map { $0 - columnMean }, resolution)
      let (rowMost, columnMost) = (Int(rows.max() ?? 0), Int(columns.max() ?? 0))
      if rowMost > 0 { result.append(Contexts(count: rowMost + 1, rowClasses: rows)) }
      if columnMost > 0 { result.append(Contexts(count: columnMost + 1, columnClasses: columns)) }
      if rowMost > 0, columnMost > 0 {
        let count = min(rowMost + columnMost + 1, LevelCoding.largestContextCount)
        result.append(Contexts(count: count, rowClasses: rows, columnClasses: additional))
      }
    }
    return result
  }

  /// Sizes as small numbers from 0; all that is far below the largest is one class.
  private static func classes(_ sizes: [Double], _ resolution: Double) -> [UInt8] {
    let numbers = sizes.map { Int(($0 * resolution).rounded()) }
    let most = numbers.max() ?? 0
    let least = max(numbers.min() ?? 0, most - (LevelCoding.largestContextCount - 1))
    return numbers.map { UInt8(max($0, least) - least) }
  }

  /// The same for some of the columns.
  func columns(_ chosen: [Int]) -> Contexts {
    Contexts(
      count: count, rowClasses: rowClasses, columnClasses: columnClasses.map { all in chosen.map { all[$0] } }
    )
  }
}
