// Better formats for a file's tensors.

import SedgeArchitecture
package import SedgeContainer
import SedgePlatform
import SedgeQuantization
import SedgeTensor
package import SedgeVerification

/// Chooses formats that change fewer labels, from the shares of the error that a measurement of costs has found.
///
/// One more bit divides a tensor's squared error by four; labels change with the root of the sum of all.
package struct FormatSuggestion {
  private struct Item {
    var record: TensorRecord
    /// Elements of rows that are not all zeros.
    var weightCount: Int
    /// Bits in the file for each of them.
    var bits: Double
    /// Its share of the squared error.
    var share: Double
  }

  private let costs: CostMeasurement
  private let storage: StorageMode
  private let quantizer: ModelQuantizer
  private var items: [Item] = []
  /// The share of the squared error that formats cannot change.
  private let rest: Double

  /// The most tensors that are suggested one by one.
  private static let mostSuggestions = 12
  /// The share of the squared error that is enough: half of the changed labels.
  private static let enough = 0.25
  private static let mostBits = 8.0
  /// The least share of a tensor that is suggested.
  private static let leastShare = 0.01

  /// Prepares, after the costs have been measured.
  ///
  /// - Parameters:
  ///   - records: The file's tensors.
  ///   - storage: How the file stores payloads.
  package init(_ costs: CostMeasurement, records: [TensorRecord], storage: StorageMode) throws {
    (self.costs, self.storage) = (costs, storage)
    quantizer = ModelQuantizer(costs.source, storage: storage)
    let byName = Dictionary(
      records.map { ($0.tensor.name, $0) }, uniquingKeysWith: { first, _ in first })
    // Together they make the whole: what estimates lack or have too much of it is of errors that are not independent.
    let shares = costs.layers.map { max($0.share, costs.leastShare) }
    let total = max(shares.reduce(0, +), .leastNormalMagnitude)
    var rest = 0.0
    for (layer, share) in zip(costs.layers, shares) {
      guard let record = byName[layer.name], record.codec == .trellis || record.codec == .int8 else {
        rest += share / total
        continue
      }
      let (rows, columns) = record.tensor.matrix(for: record.codec)
      let count = try costs.source.values(of: record.tensor).keptRowCount(rows: rows) * columns
      guard count > 0 else { continue }
      items.append(
        Item(
          record: record, weightCount: count, bits: 8 * Double(record.storedByteCount) / Double(count),
          share: share / total))
    }
    self.rest = rest
  }

  // MARK: One by one

  /// Tensors that get more bits, the first buying the most labels for a byte, until half of the labels are bought.
  package func suggestions() throws -> [ResultCosts.Suggestion] {
    guard costs.whole.labels > 0 || costs.whole.scores > 0, !items.isEmpty else { return [] }
    var bits = items.map { max($0.bits.rounded(), 1) }
    var shares = items.map(\.share)
    var chosen: [Int] = []
    while rest + shares.reduce(0, +) > Self.enough {
      let gain = { (index: Int) in shares[index] / Double(items[index].weightCount) }
      let open = items.indices.filter {
        items[$0].share >= Self.leastShare && bits[$0] < Self.mostBits
          && (chosen.count < Self.mostSuggestions || chosen.contains($0))
      }
      guard let best = open.max(by: { gain($0) < gain($1) }), shares[best] > 0 else { break }
      if !chosen.contains(best) { chosen.append(best) }
      bits[best] += 1
      shares[best] /= 4
    }
    let packed = try pack(chosen.map { (items[$0].record.tensor, TensorFormat.bits(bits[$0])) })
    var left = rest + items.reduce(0) { $0 + $1.share }
    return zip(chosen, packed).map { index, packed in
      left += shares[index] - items[index].share
      return ResultCosts.Suggestion(
        name: items[index].record.tensor.name, form: TensorFormat.bits(bits[index]).description,
        addedByteCount: packed.storedByteCount - items[index].record.storedByteCount,
        expected: costs.part(of: left))
    }
  }

  private func pack(_ forms: [(tensor: ModelTensor, form: TensorFormat)]) throws -> [PackedTensor] {
    try quantizer.coded(
      forms.map { tensor, form in
        (tensor, CodecRule(choice: storage == .raw ? form.mappedCodecChoice : form.codecChoice))
      }, [:]
    ).map(\.packed)
  }

  // MARK: All together

  /// Bytes of a tensor's record that may change with its format.
  private static let recordSlack = 8

  /// The bytes of the smallest file that formats make, where it is larger than a limit.
  package func leastByteCount(fileByteCount: Int, over byteLimit: Int) throws -> Int? {
    guard !items.isEmpty else { return fileByteCount > byteLimit ? fileByteCount : nil }
    let form = BudgetSearch.form(BudgetSearch.bitLimits.lowerBound)
    let packed = try pack(items.map { ($0.record.tensor, form) })
    let byteCount =
      items.reduce(fileByteCount) { $0 - $1.record.storedByteCount }
      + packed.reduce(0) { $0 + $1.storedByteCount }
    return byteCount + Self.recordSlack * items.count > byteLimit ? byteCount : nil
  }

  /// Formats of all tensors for a file of a size; `nil` where there are none, or none better than those of the file.
  ///
  /// - Parameters:
  ///   - fileByteCount: The bytes of the file as it is.
  ///   - byteLimit: The bytes that it may have.
  ///   - isCalibrated: Whether the file's weights were rounded for the outputs of layers, which is not repeated here.
  package func plan(fileByteCount: Int, byteLimit: Int, isCalibrated: Bool) throws -> ResultCosts.Plan? {
    guard costs.whole.scores > 0, !items.isEmpty else { return nil }
    let search = BudgetSearch(
      items.map { item in
        BudgetedTensors(
          tensors: [item.record.tensor], weightCount: item.weightCount,
          sensitivity: item.share * exp2(2 * (item.bits - BudgetSearch.referenceBits)), squaredError: 0)
      })
    let storedByteCount = items.reduce(0) { $0 + $1.record.storedByteCount }
    let others = fileByteCount - storedByteCount + Self.recordSlack * items.count
    var last: (bits: [Double], packed: [PackedTensor]) = ([], [])
    let encode = { (bits: [Double]) in
      if bits == last.bits { return last.packed }
      last = (bits, try pack(zip(items, bits).map { ($0.record.tensor, BudgetSearch.form($1)) }))
      return last.packed
    }
    let found = try search.bits(byteLimit: byteLimit - others) { bits in
      try encode(bits).reduce(0) { $0 + $1.storedByteCount }
    }
    guard let bits = found else { return nil }
    let packed = try encode(bits)
    let left = zip(items, bits).reduce(rest) { $0 + $1.0.share * exp2(2 * ($1.0.bits - $1.1)) }
    let weights = PackedWeights(costs.stored, packed)
    let hasText = costs.stored.modelTensors.contains { ModelPart(ofTensor: $0.name) == .text }
    let measurement = try costs.run(weights, encodesText: hasText)
    let plan = ResultCosts.Plan(
      forms: zip(items, bits).map {
        ResultCosts.Form(name: $0.record.tensor.name, form: BudgetSearch.form($1).description)
      }, byteCount: fileByteCount - storedByteCount + packed.reduce(0) { $0 + $1.storedByteCount },
      expected: costs.part(of: left), measured: costs.change(measurement),
      worstLabels: measurement.error.worstLabelChange, isExact: !isCalibrated)
    let reached = isCalibrated ? plan.expected : plan.measured
    return byteLimit >= fileByteCount && reached.scores >= costs.whole.scores ? nil : plan
  }
}
