// A model coded with its pictures in mind: what its layers see, and what its errors do to the output.

import SedgeImages
package import SedgeArchitecture
import SedgeCalibration
package import SedgeContainer
package import SedgeFolding
import SedgePlatform
package import SedgeQuantization
import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer

/// What calibration and measuring have to tell of a coded model.
package struct QuantizationResult {
  /// All tensors, in the order of the forward pass.
  package var packed: [PackedTensor]
  /// What the file says of itself.
  package var record: QuantizationRecord?
  /// Of each tensor whose sensitivity was measured: importance and share of the output's error.
  package var shares: [String: (importance: Double, errorShare: Double)] = [:]
  /// The forms that were chosen, where they were.
  package var forms: [String: TensorFormat] = [:]
  /// What a user should know of it, in sentences.
  package var notes: [String] = []
}

/// Codes a model with calibration, and for a budget where there is one.
package final class CalibratedQuantization {
  private let source: SourceModel
  private let settings: CompressionSettings
  private let weights: LoadedWeights
  private let tensors: [ModelTensor]
  private let quantizer: ModelQuantizer
  private let calibration: CalibrationOptions
  private let classes: ClassList
  private let textFeatures: Tensor
  private let progress: (WorkProgress) throws -> Void
  private var layerCalibrations: [String: LayerCalibration] = [:]
  private var prepared: Prepared?
  private var keptSensitivityReference: OutputReference?

  /// Pictures that sensitivities are measured on.
  private static let sensitivityPictureCount = 4

  /// - Parameters:
  ///   - model: What is to be coded.
  ///   - tensors: Those of its tensors that the file will have.
  package init(
    _ source: SourceModel, _ settings: CompressionSettings, classes: ClassList, _ model: FoldedModel,
    tensors: [ModelTensor], progress: @escaping (WorkProgress) throws -> Void
  ) throws {
    (self.source, self.settings, self.tensors, self.progress) = (source, settings, tensors, progress)
    self.classes = classes
    weights = try LoadedWeights(model)
    quantizer = ModelQuantizer(weights, storage: settings.storage)
    calibration = settings.calibration ?? CalibrationOptions()
    textFeatures = try source.textFeatures(of: classes, by: weights, compute: Compute()) {
      try progress(.encodingText(Double($0) / Double($1)))
    }
  }

  /// Codes every tensor by its rule, or with bits for the budget where there is one.
  ///
  /// - Parameter reserve: What to leave, where the budget is a size, for all else that a file has.
  /// - Throws: ``UsageError`` where the budget cannot be kept.
  package func run(reserve: Int) throws -> QuantizationResult {
    guard let budget = settings.budget else { return try runFixed() }
    return try run(budget, reserve: reserve)
  }

  // MARK: Without a budget

  private func runFixed() throws -> QuantizationResult {
    let rules = tensors.map { ($0, settings.rule(for: $0)) }
    let layers = Set(rules.filter { $0.1.choice.identifier == .trellis }.map(\.0.name))
    var coded: [String: ModelQuantizer.Coded] = [:]
    let ruleByName = Dictionary(uniqueKeysWithValues: rules.map { ($0.0.name, $0) })
    try calibrate(layers) { [self] calibrated in
      let work = calibrated.compactMap { item in ruleByName[item.name].map { (tensor: $0.0, rule: $0.1) } }
      let results = try quantizer.coded(
        work, Dictionary(uniqueKeysWithValues: calibrated.map { ($0.name, $0.calibration) }))
      for (item, result) in zip(work, results) { coded[item.tensor.name] = result }
    }
    let rest = rules.filter { coded[$0.0.name] == nil }.map { (tensor: $0.0, rule: $0.1) }
    for (item, result) in zip(rest, try quantizer.coded(rest, [:], progress: written(rest.map(\.tensor)))) {
      coded[item.tensor.name] = result
    }
    let packed = try packed(coded)
    let reference = try outputReference(calibration.measurementPictures)
    let error = try reference.error(of: PackedWeights(weights, packed), progress: progress)
    return QuantizationResult(
      packed: packed, record: record(requested: settings.requestedText, error), notes: notes())
  }

  // MARK: With a budget

  /// What a search needs; the same for every search.
  private struct Prepared {
    var items: [BudgetedTensors]
    var search: BudgetSearch
    var reference: OutputReference
  }

  private func prepare() throws -> Prepared {
    // Measuring keeps all classes, so that it cannot tell what early rejection's heads are worth.
    let free = tensors.filter {
      settings.fixedRule(for: $0) == nil && $0.role != .textFeatures
        && ModelPart(ofTensor: $0.name) != .rejection
    }
    let isCoded = { (tensor: ModelTensor) in
      CodecRule(for: tensor, requested: .int4).choice.identifier == .trellis
    }
    let chosen = free.filter(isCoded)
    try calibrate(Set(chosen.map(\.name))) { [self] calibrated in
      for item in calibrated { layerCalibrations[item.name] = item.calibration }
    }
    let floats = free.filter { !isCoded($0) }
    let kinds = [
      floats.filter { $0.elementCount > 1 && $0.shape.count == 1 }, floats.filter { $0.shape.count != 1 },
    ]
    let items = try sensitivities(of: chosen) + kinds.filter { !$0.isEmpty }.map(sensitivity)
    return Prepared(
      items: items, search: BudgetSearch(items),
      reference: try outputReference(calibration.measurementPictures))
  }

  private func run(_ budget: QuantizationBudget, reserve: Int) throws -> QuantizationResult {
    let prepared = try self.prepared ?? prepare()
    self.prepared = prepared
    let (items, search, reference) = (prepared.items, prepared.search, prepared.reference)
    let free = Set(items.flatMap(\.tensors).map(\.name))
    let fixed = tensors.filter { !free.contains($0.name) }.map {
      (tensor: $0, rule: settings.fixedRule(for: $0) ?? CodecRule(for: $0, requested: .int8))
    }
    var last: (bits: [Double], packed: [PackedTensor])?
    func code(_ bits: [Double]) throws -> [PackedTensor] {
      if let last, last.bits == bits { return last.packed }
      let work =
        zip(items, bits).flatMap { item, bits in
          item.tensors.map { (tensor: $0, rule: item.rule(for: $0, bits: bits)) }
        } + fixed
      let coded = try quantizer.coded(work, layerCalibrations, progress: written(tensors))
      let packed = try packed(
        Dictionary(uniqueKeysWithValues: zip(work, coded).map { ($0.0.tensor.name, $0.1) }))
      last = (bits, packed)
      return packed
    }
    var measured: [[Double]: OutputError] = [:]
    func measure(_ bits: [Double]) throws -> OutputError {
      let error = try reference.error(of: PackedWeights(weights, code(bits)), progress: progress)
      measured[bits] = error
      return error
    }
    let bits: [Double]?
    switch budget {
    case .fileSize(let size):
      bits = try search.bits(byteLimit: size - reserve) { bits in
        try code(bits).reduce(0) { $0 + $1.storedByteCount }
      }
      guard bits != nil else {
        throw UsageError(
          .sizeTooSmall(
            byteCount: size, otherByteCount: reserve, leastBits: BudgetSearch.bitLimits.lowerBound))
      }
    case .scoreRMS(let limit):
      bits = try search.bits(limit: limit, guess: limit) { try measure($0).scoreRMS }
    case .labelChange(let limit):
      bits = try search.bits(limit: limit, guess: 4 * limit) { try measure($0).labelChange }
    }
    guard let bits else {
      let nearest = measured.values.min { $0.scoreRMS < $1.scoreRMS }
      throw UsageError(
        nearest.map { .budgetNotReached(labelChange: $0.labelChange, scoreRMS: $0.scoreRMS) }
          ?? .budgetNotMeasured)
    }
    let error = try measured[bits] ?? measure(bits)
    return QuantizationResult(
      packed: try code(bits), record: record(requested: settings.requestedText, error),
      shares: shares(search, bits),
      forms: Dictionary(
        uniqueKeysWithValues: zip(items, bits).flatMap { item, bits in
          item.tensors.map { ($0.name, BudgetSearch.form(bits)) }
        } + fixed.map { ($0.tensor.name, $0.rule.choice.form) }), notes: notes())
  }

  private func shares(
    _ search: BudgetSearch, _ bits: [Double]
  ) -> [String: (importance: Double, errorShare: Double)] {
    let errors = search.errors(with: bits)
    let total = max(errors.reduce(0, +), .leastNormalMagnitude)
    let importances = search.items.map { $0.squaredError > 0 ? $0.sensitivity / $0.squaredError : 0 }
    let largest = max(importances.max() ?? 0, .leastNormalMagnitude)
    var result: [String: (importance: Double, errorShare: Double)] = [:]
    for (index, item) in search.items.enumerated() where item.tensors.count == 1 {
      result[item.tensors[0].name] = (importances[index] / largest, errors[index] / total)
    }
    return result
  }

  /// What each tensor's errors alone do to the output.
  private func sensitivities(of chosen: [ModelTensor]) throws -> [BudgetedTensors] {
    let reference = try sensitivityReference()
    let rule = CodecRule(choice: .trellis(.bits(BudgetSearch.referenceBits)))
    let coded = try quantizer.coded(chosen.map { (tensor: $0, rule: rule) }, layerCalibrations)
    let model = try sensitivitySource.model(weights, compute: Compute())
    var result: [BudgetedTensors] = []
    for (index, (tensor, coded)) in zip(chosen, coded).enumerated() {
      try progress(.measuringSensitivity(Double(index) / Double(chosen.count)))
      let changed = OverlaidWeights(weights, try changes(coded))
      let error: OutputError
      if ModelPart(ofTensor: tensor.name) == .text {
        let features = try source.textFeatures(of: classes, by: changed, compute: Compute()) { _, _ in }
        error = try reference.error(of: model, textFeatures: features)
      } else {
        error = try reference.error(of: changed, textFeatures: textFeatures)
      }
      let values = try weights.values(of: tensor)
      let (rows, columns) = tensor.matrix(for: .trellis)
      let squared = values.values.reduce(0.0) { $0 + Double($1) * Double($1) }
      result.append(
        BudgetedTensors(
          tensors: [tensor], weightCount: values.keptRowCount(rows: rows) * columns,
          sensitivity: error.scoreRMS * error.scoreRMS,
          squaredError: squared * coded.packed.error.relativeRMS * coded.packed.error.relativeRMS))
    }
    return result
  }

  /// What the errors of float16 in all of some small tensors do to the output.
  private func sensitivity(of floats: [ModelTensor]) throws -> BudgetedTensors {
    let coded = try quantizer.coded(floats.map { (tensor: $0, rule: CodecRule(choice: .f16Planes)) }, [:])
    let changed = PackedWeights(weights, coded.map(\.packed))
    let error = try sensitivityReference().error(of: changed)
    return BudgetedTensors(
      tensors: floats, isFloat: true, weightCount: floats.reduce(0) { $0 + $1.elementCount },
      sensitivity: error.scoreRMS * error.scoreRMS
        * exp2(2 * (BudgetSearch.float16Bits - BudgetSearch.referenceBits)), squaredError: 0)
  }

  /// The source's output on a few pictures.
  private func sensitivityReference() throws -> OutputReference {
    if let keptSensitivityReference { return keptSensitivityReference }
    let reference = try outputReference(
      Array(calibration.calibrationPictures.prefix(Self.sensitivityPictureCount)), by: sensitivitySource)
    keptSensitivityReference = reference
    return reference
  }

  /// Sensitivities are seen at half of a high resolution as well, in a quarter of the time.
  private var sensitivitySource: SourceModel {
    let resolution = source.preprocessing.resolution
    return resolution < 512 ? source : source.atResolution(resolution / 64 * 32)
  }

  /// A coded weight and its bias as they will be.
  private func changes(_ coded: ModelQuantizer.Coded) throws -> [String: Tensor] {
    let tensor = coded.packed.tensor
    var changes = [tensor.name: try coded.packed.decoded()]
    if let correction = coded.correction, let bias = try corrected(tensor.name, correction) {
      changes[bias.tensor.name] = bias.values
    }
    return changes
  }

  /// A layer's bias with its correction.
  private func corrected(_ weight: String, _ correction: [Float]) throws -> (
    tensor: ModelTensor, values: Tensor
  )? {
    guard let name = quantizer.biasName(of: weight),
      let tensor = weights.modelTensors.first(where: { $0.name == name })
    else { return nil }
    var values = try weights.values(of: tensor)
    for i in values.values.indices { values.values[i] += correction[i] }
    return (tensor, values)
  }

  // MARK: Tools

  private func calibrate(
    _ layers: Set<String>, _ body: ([(name: String, calibration: LayerCalibration)]) throws -> Void
  ) throws {
    let hasText = tensors.contains { ModelPart(ofTensor: $0.name) == .text }
    let images = try calibration.calibrationPictures.map { try $0.contents().image }
    let inputs = CalibrationInputs(
      pictures: images.map { CalibrationPicture(pixels: $0.pixels, height: $0.height, width: $0.width) },
      textFeatures: textFeatures, tokens: hasText ? source.tokens(of: classes) : [])
    let runs = try Calibration(weights: weights, preprocessing: source.preprocessing, inputs: inputs)
    try quantizer.calibrate(runs, layers: layers, progress: { try self.progress(.calibrating($0)) }, body)
  }

  private func outputReference(
    _ pictures: [TestPicture], by source: SourceModel? = nil
  ) throws -> OutputReference {
    try OutputReference(
      source ?? self.source, pictures: pictures, classes: classes, progress: progress)
  }

  /// All tensors in order, biases with what their weights left them.
  private func packed(_ coded: [String: ModelQuantizer.Coded]) throws -> [PackedTensor] {
    var packed: [String: PackedTensor] = coded.mapValues(\.packed)
    for (name, result) in coded {
      guard let correction = result.correction, let bias = try corrected(name, correction),
        let before = packed[bias.tensor.name]
      else { continue }
      let rule = CodecRule(choice: before.codec.defaultChoice, floatReason: before.floatReason)
      let (rows, columns) = bias.tensor.matrix(for: before.codec)
      let encoded = rule.choice.codec.encode(bias.values.values, rows: rows, columns: columns)
      packed[bias.tensor.name] = try PackedTensor(
        bias.tensor, values: weights.values(of: bias.tensor), rule: rule, encoded: encoded,
        storage: settings.storage)
    }
    return tensors.compactMap { packed[$0.name] }
  }

  /// Tells of elements that were coded.
  private func written(_ tensors: [ModelTensor]) -> (Int) throws -> Void {
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    return { [progress] elements in
      done += elements
      try progress(.quantizing(Double(done) / Double(max(total, 1))))
    }
  }

  private func record(requested: String, _ error: OutputError) -> QuantizationRecord {
    QuantizationRecord(
      requested: requested,
      calibration: QuantizationRecord.Calibration(
        pictureCount: calibration.calibrationPictures.count, source: calibration.source, isCompensated: true),
      measuredQuality: QuantizationRecord.MeasuredQuality(
        pictureCount: error.pictureCount, source: calibration.source, isHeldOut: calibration.isHeldOut,
        labelChange: error.labelChange, scoreRMS: error.scoreRMS, scoreMaximum: error.largestScoreError,
        classCount: classes.classes.count))
  }

  private func notes() -> [String] {
    calibration.pictures.isEmpty
      ? ["calibrated on synthetic images: images of your own give a better model"]
      : []
  }
}

extension BudgetedTensors {
  /// The rule that bits stand for.
  fileprivate func rule(for tensor: ModelTensor, bits: Double) -> CodecRule {
    let reason: FloatReason? = isFloat ? (tensor.shape.count == 1 ? .role : .small) : nil
    return CodecRule(choice: BudgetSearch.form(bits).codecChoice, floatReason: reason)
  }
}

extension CodecIdentifier {
  /// The codec for values that need no aim.
  fileprivate var defaultChoice: CodecChoice {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .int8: .int8
    case .f32Planes: .f32Planes
    case .f16Planes: .f16Planes
    case .trellis: .trellis(.bits(8))
    }
  }
}
