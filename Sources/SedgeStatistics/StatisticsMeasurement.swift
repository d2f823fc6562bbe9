// The statistics of many tensors: what is read when, and what is computed on which thread.

package import SedgeOperators

/// Measures tensors: small ones several at a time, each read once; large ones block by block, each block read twice.
///
/// Memory is that of a block and of 24 bytes a channel, or of one tensor that cannot be read in parts. The result does not depend
/// on the number of threads.
package struct StatisticsMeasurement {
  /// Elements that are held at once, where rows are not longer.
  private static let blockElementCount = 1 << 22
  /// Elements of the pieces that threads take, where channels are not longer: few enough for a processor's cache.
  private static let pieceElementCount = 1 << 16

  private let tensors: [MeasuredTensor]
  private let workers: Workers
  private let total: Int
  private var done = 0
  private let progress: (Double) throws -> Void
  private var results: [TensorStatistics] = []

  /// Measures tensors, in their order.
  ///
  /// - Parameter progress: Takes the share of the elements that is done.
  /// - Throws: What reading throws.
  package static func statistics(
    of tensors: [MeasuredTensor], workers: Workers = Workers(),
    progress: @escaping (Double) throws -> Void = { _ in }
  ) throws -> [TensorStatistics] {
    var measurement = StatisticsMeasurement(tensors, workers, progress)
    try measurement.measure()
    try measurement.findEqualTensors()
    return measurement.results
  }

  private init(
    _ tensors: [MeasuredTensor], _ workers: Workers, _ progress: @escaping (Double) throws -> Void
  ) {
    (self.tensors, self.workers, self.progress) = (tensors, workers, progress)
    total = max(tensors.reduce(0) { $0 + $1.elementCount }, 1)
  }

  private mutating func measure() throws {
    var batch: [Block] = []
    var elementCount = 0
    for (index, tensor) in tensors.enumerated() {
      if tensor.elementCount > Self.blockElementCount {
        try measure(&batch)
        elementCount = 0
        if tensor.readsRows, tensor.channels?.isContiguous ?? true {
          try measureByBlocks(tensor)
          continue
        }
      }
      batch.append(Block(index: index, values: try tensor.read(0..<tensor.rowCount)))
      elementCount += tensor.elementCount
      if elementCount >= Self.blockElementCount {
        try measure(&batch)
        elementCount = 0
      }
    }
    try measure(&batch)
  }

  /// Some rows of a tensor.
  private struct Block: Sendable {
    var index: Int
    var firstRow = 0
    var values: [Float]
  }

  // MARK: Whole tensors

  /// Measures tensors that are held whole.
  private mutating func measure(_ batch: inout [Block]) throws {
    let moments = try firstPass(batch)
    var partial = batch.indices.map { Partial(channels: tensors[batch[$0].index].channels) }
    for (block, pieces) in moments.enumerated() { partial[block].append(pieces) }
    let bins = partial.map { $0.moments.count > 0 ? Bins($0.moments) : nil }
    let distributions = try secondPass(batch, bins)
    for (block, pieces) in distributions.enumerated() {
      for piece in pieces { partial[block].distribution.append(piece) }
      partial[block].channels?.findCandidates()
      guard let channels = partial[block].channels else { continue }
      let (values, layout) = (batch[block].values, channels.layout)
      for candidate in channels.candidates {
        let isEqual =
          layout.isContiguous
          ? values[candidate.channel * layout.inner..<(candidate.channel + 1) * layout.inner]
            .elementsEqual(
              values[candidate.original * layout.inner..<(candidate.original + 1) * layout.inner])
          : layout.values(of: candidate.channel, in: values)
            == layout.values(of: candidate.original, in: values)
        if isEqual { partial[block].channels?.confirm(candidate) }
      }
    }
    for (block, partial) in zip(batch, partial) {
      append(partial, elementCount: block.values.count)
      done += block.values.count
    }
    batch = []
    try progress(Double(done) / Double(total))
  }

  private mutating func append(_ partial: Partial, elementCount: Int) {
    var statistics = partial.statistics
    statistics.suspicions = Suspicion.all(in: statistics, elementCount: elementCount)
    results.append(statistics)
  }

  // MARK: Tensors in blocks

  private mutating func measureByBlocks(_ tensor: MeasuredTensor) throws {
    var partial = Partial(channels: tensor.channels)
    let rows = max(Self.blockElementCount / tensor.rowElementCount, 1)
    let ranges = stride(from: 0, to: tensor.rowCount, by: rows).map { $0..<min($0 + rows, tensor.rowCount) }
    let start = done
    func tell(_ share: Double) throws {
      try progress((Double(start) + share * Double(tensor.elementCount)) / Double(total))
    }
    for (index, range) in ranges.enumerated() {
      let block = Block(index: results.count, firstRow: range.lowerBound, values: try tensor.read(range))
      partial.append(try firstPass([block])[0])
      try tell(0.5 * Double(index + 1) / Double(ranges.count))
    }
    partial.channels?.findCandidates()
    let bins = partial.moments.count > 0 ? Bins(partial.moments) : nil
    var candidates = (partial.channels?.candidates ?? [])[...]
    for (index, range) in ranges.enumerated() {
      let block = Block(index: results.count, firstRow: range.lowerBound, values: try tensor.read(range))
      for piece in try secondPass([block], [bins])[0] { partial.distribution.append(piece) }
      let here = candidates.prefix { $0.channel < range.upperBound }
      candidates = candidates.dropFirst(here.count)
      for candidate in try equalRows(here, of: tensor, block) { partial.channels?.confirm(candidate) }
      try tell(0.5 + 0.5 * Double(index + 1) / Double(ranges.count))
    }
    done += tensor.elementCount
    append(partial, elementCount: tensor.elementCount)
  }

  /// The rows of a block that equal earlier ones, which are read again where they are not in the block.
  private func equalRows(
    _ candidates: ArraySlice<TensorStatistics.Channels.Duplicate>, of tensor: MeasuredTensor, _ block: Block
  ) throws -> [TensorStatistics.Channels.Duplicate] {
    let length = tensor.rowElementCount
    var last: (row: Int, values: ArraySlice<Float>)?
    return try candidates.filter { candidate in
      if last?.row != candidate.original {
        let values =
          candidate.original >= block.firstRow
          ? row(candidate.original, in: block, length)
          : try tensor.read(candidate.original..<candidate.original + 1)[...]
        last = (candidate.original, values)
      }
      return last?.values.elementsEqual(row(candidate.channel, in: block, length)) ?? false
    }
  }

  private func row(_ row: Int, in block: Block, _ length: Int) -> ArraySlice<Float> {
    block.values[(row - block.firstRow) * length..<(row - block.firstRow + 1) * length]
  }

  // MARK: Passes

  /// What is known of a tensor.
  private struct Partial {
    var moments = Moments()
    var channels: ChannelSummary?
    var distribution = Distribution()

    init(channels: ChannelLayout?) { self.channels = channels.map { ChannelSummary($0) } }

    mutating func append(_ pieces: [FirstLook]) {
      for piece in pieces {
        moments.append(piece.moments)
        channels?.append(piece.runs)
      }
    }

    var statistics: TensorStatistics {
      let count = Double(moments.count)
      let hasValues = moments.count > 0
      let variance = hasValues ? moments.squares / count : 0
      let bins = hasValues ? Bins(moments) : nil
      return TensorStatistics(
        nanCount: moments.nanCount, infiniteCount: moments.infiniteCount, finiteCount: moments.count,
        minimum: hasValues ? moments.minimum : nil, maximum: hasValues ? moments.maximum : nil,
        mean: hasValues ? moments.mean : nil, standardDeviation: hasValues ? variance.squareRoot() : nil,
        kurtosis: variance > 0 ? distribution.fourthPowers / count / (variance * variance) : nil,
        zeroCount: moments.zeroCount, outlierCount: distribution.below + distribution.above,
        float16OverflowCount: moments.float16OverflowCount,
        float16UnderflowCount: moments.float16UnderflowCount, channels: channels?.result,
        histogram: bins.map {
          TensorStatistics.Histogram(
            lowest: $0.lowest, highest: $0.highest, counts: distribution.counts, below: distribution.below,
            above: distribution.above)
        }, suspicions: [])
    }
  }

  /// What the first pass finds in a piece.
  private struct FirstLook: Sendable {
    var moments = Moments()
    var runs: [ChannelRun] = []
  }

  /// A piece of a block, whole runs of channels.
  private struct Piece: Sendable {
    var block: Int
    var range: Range<Int>
  }

  private func pieces(of blocks: [Block]) -> [Piece] {
    blocks.enumerated().flatMap { index, block in
      let run = tensors[block.index].channels?.inner ?? 1
      let size = max(Self.pieceElementCount / run, 1) * run
      return stride(from: 0, to: block.values.count, by: size).map {
        Piece(block: index, range: $0..<min($0 + size, block.values.count))
      }
    }
  }

  /// The first pass over blocks; of each block, its pieces.
  private func firstPass(_ blocks: [Block]) throws -> [[FirstLook]] {
    let layouts = blocks.map { tensors[$0.index].channels }
    return try inPieces(blocks) { piece, values in
      guard let layout = layouts[piece.block] else { return FirstLook(moments: Moments(values)) }
      var look = FirstLook()
      look.runs.reserveCapacity(values.count / layout.inner)
      for start in stride(from: 0, to: values.count, by: layout.inner) {
        let moments = Moments(values.extracting(start..<start + layout.inner))
        look.runs.append(ChannelRun(moments))
        look.moments.append(moments)
      }
      return look
    }
  }

  /// The second pass over blocks; of each block, its pieces.
  private func secondPass(_ blocks: [Block], _ bins: [Bins?]) throws -> [[Distribution]] {
    try inPieces(blocks) { piece, values in
      bins[piece.block].map { Distribution(values, $0) } ?? Distribution()
    }
  }

  private func inPieces<Result: Sendable>(
    _ blocks: [Block], _ body: @Sendable (Piece, Span<Float>) -> Result
  ) throws -> [[Result]] {
    let pieces = pieces(of: blocks)
    let found = try workers.map(pieces) { piece in
      let values = blocks[piece.block].values
      let span = values.span
      return body(piece, span.extracting(piece.range))
    }
    var results = [[Result]](repeating: [], count: blocks.count)
    for (piece, result) in zip(pieces, found) { results[piece.block].append(result) }
    return results
  }

  // MARK: Equal tensors

  /// Marks tensors that equal an earlier one, element by element; those of one value are marked already.
  private mutating func findEqualTensors() throws {
    // What does not depend on how a tensor was divided.
    struct Key: Hashable {
      var shape: [Int]
      var minimum: Float?
      var maximum: Float?
      var zeroCount: Int
    }
    var known: [Key: Int] = [:]
    for index in tensors.indices {
      let statistics = results[index]
      guard tensors[index].elementCount > 1, !statistics.isConstant,
        statistics.finiteCount == tensors[index].elementCount
      else { continue }
      let key = Key(
        shape: tensors[index].shape, minimum: statistics.minimum, maximum: statistics.maximum,
        zeroCount: statistics.zeroCount)
      guard let original = known[key] else {
        known[key] = index
        continue
      }
      if try areEqual(tensors[index], tensors[original]) {
        results[index].suspicions.append(.sameValues(asTensor: tensors[original].name))
      }
    }
  }

  /// Whether two tensors of one shape have the same values; of what is read by rows, a block at a time.
  private func areEqual(_ first: MeasuredTensor, _ second: MeasuredTensor) throws -> Bool {
    let (rowCount, length) = (first.rowCount, first.rowElementCount)
    let sides = try [first, second].map { tensor in
      (tensor: tensor, whole: tensor.readsRows ? nil : try tensor.read(0..<rowCount))
    }
    let rows = max(Self.blockElementCount / max(length, 1), 1)
    for start in stride(from: 0, to: rowCount, by: rows) {
      let range = start..<min(start + rows, rowCount)
      let parts = try sides.map { side in
        try side.whole.map { $0[range.lowerBound * length..<range.upperBound * length] }
          ?? side.tensor.read(range)[...]
      }
      guard parts[0].elementsEqual(parts[1]) else { return false }
    }
    return true
  }
}
