// The search for settings on a sample of a matrix.

internal import CSedgeCoding
internal import SedgePlatform

/// Searches the settings that meet a target on some columns of a matrix, before all of them are encoded.
struct TrellisPilot {
  private let matrix: KeptMatrix
  private let sample: KeptMatrix
  /// The columns of the sample.
  private let chosen: [Int]
  private let statistics: MatrixStatistics
  /// Bits besides levels and classes.
  private let sideBits: Int
  private let target: EncodingTarget

  /// Elements of a sample, about.
  private static let sampleCount = 1 << 17
  /// Encodings of the sample: the first without costs, the second chooses contexts, two more settle the step.
  private static let rounds = 4
  /// Above this many bits for each element the costs of levels are left out: they gain less than 0.01 bits.
  private static let largestWeighedBits = 6.0
  /// The part of the slope of the rate-distortion curve that costs are weighed with; measured on trained weights.
  private static let costFactor = 0.9

  init(_ matrix: KeptMatrix, _ statistics: MatrixStatistics, sideBits: Int, _ target: EncodingTarget) {
    (self.matrix, self.statistics, self.sideBits, self.target) = (matrix, statistics, sideBits, target)
    let count = min(matrix.columns, max(Int(SEDGE_CHAINS), Self.sampleCount / matrix.rows))
    chosen = (0..<count).map { $0 * matrix.columns / count }
    sample = count == matrix.columns ? matrix : matrix.columns(chosen)
  }

  private var isWhole: Bool { chosen.count == matrix.columns }
  /// Columns of the matrix for each of the sample.
  private var scale: Double { Double(matrix.columns) / Double(chosen.count) }

  /// Settings that meet the target on the sample; `nil` where elements have no levels of 16 bits.
  ///
  /// - Parameter grid: The exponents of the steps.
  func settings(_ grid: StepGrid) -> TrellisSettings? {
    var settings = TrellisSettings(grid: grid, contexts: Contexts(), costs: nil)
    settings.grid.base = firstBase()
    guard statistics.fit(settings.grid) else { return nil }
    for round in 0..<Self.rounds {
      let result = encode(&settings, choosesContexts: round == 1)
      settings.costs =
        result.bitsPerWeight < Self.largestWeighedBits && round > 0
        ? weighed(result.coding.costs(result.counts), stepError: result.stepError) : nil
      settings.grid.base = nextBase(settings.grid.base, result)
      guard statistics.fit(settings.grid) else { return nil }
    }
    // A sample is a little uncertain: the first encoding of the whole matrix should meet the target.
    if !isWhole { settings.grid.base *= target.growsWithStep ? 0.998 : 1.003 }
    return settings
  }

  /// The step for normally distributed elements: an entropy of log2(4.13 σ) bits, quantizers with steps twice as large
  /// as that of the trellis, and an error of about a quarter of its square.
  private func firstBase() -> Float {
    let scale: Double
    switch target {
    case .step(let step): return step
    case .bits(let bits): scale = 2.07 / exp2(bits)
    case .relativeRMS(let limit): scale = limit / 0.51
    }
    return Float(statistics.rms * scale)
  }

  // MARK: One encoding of the sample

  private struct Result {
    var counts: LevelCounts
    var coding: LevelCoding
    var bitsPerWeight: Double
    /// The relative RMS error; `nil` where all elements or all errors are 0.
    var error: Double?
    /// The mean squared error in steps.
    var stepError: Double
  }

  private func encode(_ settings: inout TrellisSettings, choosesContexts: Bool) -> Result {
    var grid = settings.grid
    grid.columnExponents = grid.columnExponents.map { all in chosen.map { all[$0] } }
    let search = LevelSearch(
      grid: grid, contexts: settings.contexts.columns(chosen), costs: settings.costs, rows: sample.rows,
      columns: sample.columns)
    let levels = search.levels(of: sample)
    if choosesContexts { settings.contexts = bestContexts(levels, base: grid.base) }
    let contexts = settings.contexts.columns(chosen)
    let counts = LevelCounts(levels, rows: sample.rows, columns: sample.columns, contexts: contexts)
    let (coding, bits) = LevelCoding.best(
      for: counts, contexts: contexts, rows: sample.rows, columns: sample.columns, scale: scale)
    let decoded = search.values(of: levels)
    let (error, energy) = (sample.squaredError(of: decoded), sample.energy)
    return Result(
      counts: counts, coding: coding,
      bitsPerWeight: (bits + Double(sideBits)) / Double(matrix.values.count),
      error: error > 0 && energy > 0 ? (error / energy).squareRoot() : nil,
      stepError: search.squaredStepError(decoded, sample))
  }

  /// The classes of rows or columns, or both, by their size in steps, with which the levels take the fewest bits.
  private func bestContexts(_ levels: [Int16], base: Float) -> Contexts {
    let (rowSizes, columnSizes) = statistics.sizes(base: base)
    var best = (contexts: Contexts(), bits: Double.infinity)
    for contexts in Contexts.candidates(rowSizes: rowSizes, columnSizes: columnSizes) {
      let some = contexts.columns(chosen)
      let counts = LevelCounts(levels, rows: sample.rows, columns: sample.columns, contexts: some)
      let coding = LevelCoding.best(
        for: counts, contexts: some, rows: sample.rows, columns: sample.columns, scale: scale)
      let bits = coding.bits + Double(contexts.bitCount - some.bitCount)
      if bits < best.bits { best = (contexts, bits) }
    }
    return best.contexts
  }

  /// Costs in squared steps: a bit is worth `2 ln 2` times the squared error, by the slope of `D ~ 2^(-2R)`.
  private func weighed(_ bits: [Float], stepError: Double) -> [Float] {
    let lambda = Float(2 * log(2.0) * Self.costFactor * stepError)
    return bits.map { $0 * lambda }
  }

  /// The step with which the sample should meet the target: a bit less for twice the step, an error in proportion to it.
  private func nextBase(_ base: Float, _ result: Result) -> Float {
    switch target {
    case .bits(let limit):
      let octaves = min(max(result.bitsPerWeight - limit, -8), 8)
      return statistics.limited(base * Float(exp2(octaves)), target)
    case .relativeRMS(let limit):
      guard let error = result.error else { return base }
      return base * Float(min(max(limit / error, 0x1p-8), 0x1p8))
    case .step: return base
    }
  }
}
