// The encoding of a model's tensors.

package import SedgeArchitecture
import SedgeCalibration
package import SedgeContainer
import SedgeOperators
import SedgeQuantization
import SedgeRunner
import SedgeTensor

/// Encodes a model's tensors.
///
/// The errors of a calibrated layer are compensated, and its bias corrects the remaining mean error.
package final class ModelQuantizer {
  private let weights: any WeightSource
  private let storage: StorageMode
  /// The name of each layer's bias, where there is one, by the name of its weight.
  private let biasNames: [String: String]

  /// Bytes of moments that are kept before they are factored, the last one not counted.
  private static let pendingByteLimit = 256 << 20

  package init(_ weights: any WeightSource, storage: StorageMode) {
    (self.weights, self.storage) = (weights, storage)
    let names = Set(weights.modelTensors.map(\.name))
    biasNames = weights.architecture.biasNames.filter { names.contains($0.value) }
  }

  /// An encoded weight and the correction of its bias.
  package struct Coded: Sendable {
    package var packed: PackedTensor
    /// The correction of the bias; `nil` where the layer has none or was not calibrated.
    var correction: [Float]?
  }

  /// The name of a layer's bias where there is one.
  func biasName(of weight: String) -> String? { biasNames[weight] }

  // MARK: Encoding

  /// Encodes a tensor; safe to call on several threads.
  static func coded(
    _ tensor: ModelTensor, _ values: Tensor, rule: CodecRule, calibration: LayerCalibration?, biasCount: Int?,
    storage: StorageMode
  ) throws -> Coded {
    guard case .trellis(let target) = rule.choice else {
      return Coded(packed: try PackedTensor(tensor, values: values, rule: rule, storage: storage))
    }
    let (rows, columns) = tensor.matrix(for: .trellis)
    let encoder = TrellisEncoder(
      values.values, rows: rows, columns: columns,
      columnImportances: calibration?.columnImportances, compensation: calibration?.compensation)
    let codec = TrellisCodec(target)
    let encoded = codec.encoded(encoder.encode(target), rows: rows, columns: columns)
    let packed = try PackedTensor(tensor, values: values, rule: rule, encoded: encoded, storage: storage)
    guard let encoded, let biasCount, let calibration else { return Coded(packed: packed) }
    let decoded = try codec.decode(encoded, rows: rows, columns: columns)
    return Coded(
      packed: packed,
      correction: calibration.correction(weights: values.values, decoded: decoded, count: biasCount))
  }

  /// Encodes tensors in parallel.
  func coded(
    _ tensors: [(tensor: ModelTensor, rule: CodecRule)], _ calibrations: [String: LayerCalibration],
    progress: (_ elements: Int) throws -> Void = { _ in }
  ) throws -> [Coded] {
    var result: [Coded] = []
    try code(tensors, calibrations) { coded in
      result += coded
      try progress(coded.reduce(0) { $0 + $1.packed.tensor.elementCount })
    }
    return result
  }

  /// Encodes tensors in parallel and passes them on, some at a time and in order.
  package func code(
    _ tensors: [(tensor: ModelTensor, rule: CodecRule)], _ calibrations: [String: LayerCalibration] = [:],
    _ body: ([Coded]) throws -> Void
  ) throws {
    typealias Work = (
      tensor: ModelTensor, values: Tensor, rule: CodecRule, calibration: LayerCalibration?, biasCount: Int?
    )
    for batch in Self.batches(of: tensors.map(\.tensor)) {
      let work: [Work] = try batch.map { index in
        let (tensor, rule) = tensors[index]
        return (
          tensor, try weights.values(of: tensor), rule, calibrations[tensor.name], biasCount(of: tensor.name)
        )
      }
      try body(
        Workers().map(work) { [storage] in
          try Self.coded(
            $0.tensor, $0.values, rule: $0.rule, calibration: $0.calibration, biasCount: $0.biasCount,
            storage: storage)
        })
    }
  }

  /// The tensors that are encoded at a time, by their indices: they keep the processors busy and bound the memory of their values.
  package static func batches(of tensors: [ModelTensor]) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var elementCount = 0
    for (index, tensor) in tensors.enumerated() {
      if let last = batches.last, elementCount + tensor.elementCount <= 1 << 24 {
        batches[batches.count - 1] = last.lowerBound..<index + 1
      } else {
        batches.append(index..<index + 1)
        elementCount = 0
      }
      elementCount += tensor.elementCount
    }
    return batches
  }

  private func biasCount(of weight: String) -> Int? {
    biasName(of: weight).flatMap { name in weights.modelTensors.first { $0.name == name }?.elementCount }
  }

  // MARK: Calibration

  /// Calibrates layers and passes them on, some at a time.
  ///
  /// - Parameter body: Called with some layers, in the order of the forward pass.
  func calibrate(
    _ runs: Calibration, layers: Set<String>, progress: (Double) throws -> Void,
    _ body: ([(name: String, calibration: LayerCalibration)]) throws -> Void
  ) throws {
    var pending: [(name: String, statistics: InputStatistics, isCorrected: Bool)] = []
    var byteCount = 0
    func flush() throws {
      try body(
        Workers().map(pending) { ($0.name, LayerCalibration($0.statistics, isCorrected: $0.isCorrected)) })
      pending = []
      byteCount = 0
    }
    try runs.forEachLayer(layers, progress: { try progress(Double($0) / Double($1)) }) {
      name, statistics in
      pending.append((name, statistics, biasName(of: name) != nil))
      if case .vectors(let vectors) = statistics { byteCount += 12 * vectors.secondMoment.count }
      if byteCount > Self.pendingByteLimit { try flush() }
    }
    try flush()
  }
}
