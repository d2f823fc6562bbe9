// Proving that a .sedge file computes what it was made from.

import SedgeText
import SedgeCheckpoint
public import SedgeCompression
import SedgeEvaluation
public import SedgeArchitecture
package import SedgeContainer
import SedgeFolding
public import SedgeImages
public import SedgeRunner
import SedgeTensor
public import SedgeTokenizer
public import SedgeVerification

/// A `.sedge` file under examination.
///
///     let report = try Verification(model: "sed.sedge").compare(golden: "sed.golden.safetensors")
///     if !report.passes { print(report.failures.joined(separator: "\n")) }
public final class Verification {
  private let file: SedgeFile
  private var loaded: SedgeModel?
  private let path: String
  private let compute: Compute
  private let resizing: ImageResizing?
  private let preprocessing: Preprocessing
  /// The limits that are applied.
  public let thresholds: Thresholds
  /// The limit of every tensor, where one was given.
  private let asked: ErrorLimit?

  /// A picture with the results of the source and of the file.
  package struct ObservedRun {
    /// The name of the run, as in the report.
    package var name: String
    package var picture: NamedImage
    package var classNames: [String]
    package var expected: RunRecord
    package var actual: RunRecord
  }

  /// Is given every run on a picture of ``compare(sources:prefix:pictures:classes:ignoresConfiguration:measuresLayers:progress:)``.
  package var observe: ((ObservedRun) throws -> Void)?

  /// Opens a file and reads its header; the comparisons read its weights.
  ///
  /// - Parameters:
  ///   - path: The `.sedge` file.
  ///   - overrides: Limits by name, one of `Thresholds.names`, instead of the defaults.
  ///   - compute: How the file's forward pass computes; a source runs in float32, or in the reference's arithmetic where
  ///     that is asked for.
  ///   - resizing: How images become the square on both sides; `nil` for the file's default.
  public init(
    model path: String, overrides: [String: Double] = [:], compute: Compute = Compute(),
    resizing: ImageResizing? = nil
  ) throws {
    self.path = path
    self.compute = compute
    self.resizing = resizing
    file = try openSedgeFile(path: path)
    preprocessing = try file.preprocessing(resizing: resizing)
    var thresholds = Thresholds.default(for: file, computing: compute.arithmetic)
    for (name, limit) in overrides {
      thresholds[name] = limit
      thresholds.origins[name] = ErrorLimit.requested
    }
    self.thresholds = thresholds
    asked = overrides["tensor-rms"].map { ErrorLimit($0, ErrorLimit.requested) }
  }

  /// The model, loaded with all checksums checked at its first use.
  private func model() throws -> SedgeModel {
    if let loaded { return loaded }
    let model = try SedgeModel(path: path, compute: compute, resizing: resizing)
    try file.verifyChecksums()
    loaded = model
    return model
  }

  /// Makes sure that a verdict is of the files that were opened.
  private func requireUnchanged(_ archive: any TensorArchive) throws(FormatError) {
    try archive.requireUnchanged()
    try file.snapshot.requireUnchanged()
  }

  /// Runs the model on recorded inputs and compares all results with the original's, which a golden file holds.
  public func compare(
    golden goldenPath: String, progress: @escaping ProgressHandler = { _ in }
  ) throws -> VerificationReport {
    let progress = stopping(progress)
    let model = try model()
    let archive = try openCheckpoint(path: goldenPath)
    let golden = try Golden(archive)
    let text = file.header.hasTextEncoder ? try TextEncoder(file, compute: compute) : nil
    let runs = try model.withNetwork { network in
      try golden.comparisons(with: network.recordable, text: text, margin: thresholds.margin) {
        try progress(.running($0))
      }
    }
    try requireUnchanged(archive)
    let architecture = file.architecture
    var report = VerificationReport(
      model: path, reference: goldenPath, thresholds: thresholds, tensors: [], runs: runs,
      skippedRuns: golden.skippedRuns(by: architecture))
    report.notRecorded = golden.notRecorded(by: architecture)
    report.examined = golden.examined(architecture, encodesText: text != nil).map(\.rawValue)
    return report
  }

  /// Compares with a golden without blocking the calling task; see `compare(golden:progress:)`.
  public nonisolated(nonsending) func compare(
    golden path: String, progress: @escaping @Sendable (WorkProgress) throws -> Void = { _ in }
  ) async throws -> VerificationReport {
    try await withoutBlocking(self, progress) { try $0.compare(golden: path, progress: $1) }
  }

  /// Compares with a source without blocking the calling task; see the synchronous form.
  public nonisolated(nonsending) func compare(
    sources: [String], prefix: String? = nil, pictures: [NamedImage], classes: ClassList?,
    ignoresConfiguration: Bool = false, measuresLayers: Bool = true, costs: CostOptions? = nil,
    progress: @escaping @Sendable (WorkProgress) throws -> Void = { _ in }
  ) async throws -> VerificationReport {
    try await withoutBlocking(self, progress) {
      try $0.compare(
        sources: sources, prefix: prefix, pictures: pictures, classes: classes,
        ignoresConfiguration: ignoresConfiguration, measuresLayers: measuresLayers, costs: costs,
        progress: $1)
    }
  }

  /// The hyperparameters that tensor shapes do not determine, with their origins and values; empty where the file records
  /// no origin.
  package var hyperparameters: [(record: HyperparameterRecord, values: [Float])] {
    let header = file.header
    return header.hyperparameters.compactMap { record in header.value(of: record).map { (record, $0) } }
  }

  /// The file's header.
  package var header: SedgeHeader { file.header }
  /// Bytes of the file.
  package var fileByteCount: Int { file.byteCount }

  /// Compares every tensor with the source's, folded the same way, and runs both on pictures.
  ///
  /// The source runs as the checkpoint has it, without folding and in float32.
  ///
  /// - Parameters:
  ///   - sources: The checkpoint that the file was made from, or the files that it was made from together.
  ///   - prefix: The prefix of the model's names in the source; by default the prefix at the conversion.
  ///   - pictures: The images to run on; see `SyntheticPicture`. With none, only tensors are compared.
  ///   - classes: The classes to look for; by default a class list of the file, or ``defaultClasses``.
  ///   - ignoresConfiguration: Whether hyperparameters that the source names are not compared with the file's.
  ///   - measuresLayers: Whether the pictures run once more, layer by layer, for `VerificationReport.layers`.
  ///   - costs: How much is measured for `VerificationReport.costs`; `nil` for nothing.
  ///   - progress: Follows the work, and stops it by throwing.
  public func compare(
    sources: [String], prefix: String? = nil, pictures: [NamedImage],
    classes: ClassList?, ignoresConfiguration: Bool = false, measuresLayers: Bool = true,
    costs: CostOptions? = nil,
    progress: @escaping ProgressHandler = { _ in }
  ) throws -> VerificationReport {
    let progress = stopping(progress)
    let model = try model()
    if comparesLabels { try classes?.checkDistinctNames() }
    let header = file.header
    let dimensions = header.architecture
    let prefix = prefix ?? header.options.first { $0.key == "prefix" }?.value
    let archive = try openCheckpoint(paths: sources, prefix: prefix)
    var options = ArchitectureOptions(matching: dimensions, prefix: prefix).applied(to: archive)
    options.ignoresConfiguration = ignoresConfiguration
    let checkpoint = try Checkpoint(archive, options: options, ignoresUnexpected: true)
    guard checkpoint.architecture == dimensions else {
      throw UsageError(
        .differentSource(
          found: checkpoint.architecture.name, source: checkpoint.archive.path, expected: dimensions.name),
        path: path)
    }
    let classCount = pictures.isEmpty ? 0 : try (classes ?? storedOrDefaultClasses()).classes.count
    try MemoryDemand.ask(memoryDemand(of: pictures, classCount: classCount), for: "the comparison")
    try checkpoint.checkValues { try progress(.checking(Double($0) / Double(max($1, 1)))) }
    let folded = try FoldedModel(
      checkpoint, preprocessing: header.preprocessing, folding: !header.folds.isEmpty
    ) { try progress(.folding(Double($0) / Double($1))) }
    let tensors = try compareTensors(with: folded)
    var runs: [RunComparison] = []
    var layers: [LayerError] = []
    var resultCosts: ResultCosts?
    if !pictures.isEmpty {
      let original = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: false)
      let classes = try classes ?? storedOrDefaultClasses()
      let features = try textFeatures(of: classes, by: model, original: original, progress: progress)
      runs = try run(
        model, on: pictures, classes: classes, features: features, original: original, progress: progress)
      if measuresLayers {
        layers = try layerErrors(
          of: folded, on: pictures, classes: classes, features: features, progress: progress)
      }
      resultCosts = try costs.map {
        try self.costs($0, of: folded, on: pictures, classes: classes, progress: progress)
      }
    }
    try requireUnchanged(archive)
    var report = VerificationReport(
      model: path, reference: archive.path, thresholds: thresholds, tensors: tensors, runs: runs)
    report.layers = layers
    report.costs = resultCosts
    if report.hasForeignTensors { report.otherSources = try otherSources(archive) }
    let evidence = HyperparameterChoice(archive, options: options).evidence
    report.contradictions = evidence.map(contradictions) ?? []
    report.examined = evidence?.findings.map(\.hyperparameter.rawValue) ?? []
    return report
  }

  /// Bytes that a comparison with a source takes at most beside the model: a tensor of each side at a time; then the source's
  /// weights, and all results of both on one picture.
  private func memoryDemand(of pictures: [NamedImage], classCount: Int) -> Int {
    let tensors = file.modelTensors
    let pairs = 2 * MemoryDemand.ofTensors(tensors.map(\.elementCount))
    guard let pixelCount = pictures.map({ $0.image.width * $0.image.height }).max() else { return pairs }
    let source =
      MemoryDemand.ofWeights(tensors)
      + MemoryDemand.ofText(tensors, file.architecture, classCount: classCount)
    let results = MemoryDemand.ofSegmentation(
      file.architecture, resolution: file.header.preprocessing.resolution, pixelCount: pixelCount,
      classCount: classCount, taps: Taps())
    return max(pairs, source + 2 * results)
  }

  /// Where the source, or a configuration beside it, names other hyperparameters than the file has.
  private func contradictions(_ evidence: HyperparameterEvidence) -> [String] {
    let header = file.header
    let differences = evidence.findings.compactMap { finding -> String? in
      guard let values = header.architecture.value(of: finding.hyperparameter, header.preprocessing),
        values != finding.values
      else { return nil }
      return "\(finding.hyperparameter.text): the file has \(Hyperparameter.text(of: values)), "
        + "\(finding.place) says \(Hyperparameter.text(of: finding.values))"
    }
    return differences + evidence.unsupported
  }

  /// The files of a source that are none of those that the file was made from.
  private func otherSources(_ archive: any TensorArchive) throws -> [String] {
    let known = file.header.sources.map(\.sha256)
    return known.isEmpty ? [] : try archive.files.filter { try !known.contains(sha256(of: $0)) }.map(\.path)
  }

  /// Whether the model segments, so that classes must have distinct names.
  public var comparesLabels: Bool { file.architecture.segmenter != nil }

  /// Runs the source, unfolded, and the file on every picture; the first run carries the comparison of text features.
  private func run(
    _ model: SedgeModel, on pictures: [NamedImage], classes: ClassList, features: Features,
    original: FoldedModel, progress: (WorkProgress) throws -> Void
  ) throws -> [RunComparison] {
    let (header, checkpoint) = (file.header, original.checkpoint)
    // A scale that was given is a setting like the resolution; one that was read must be the source's.
    let isScaleGiven = header.options.contains { $0.key == "logit-scale" }
    let reference: any RecordableModel =
      checkpoint.architecture.segmenter == nil
      ? try ClassificationModel(
        weights: original, preprocessing: preprocessing, logitScale: isScaleGiven ? header.logitScale : nil,
        compute: compute.exact)
      : try SegmentationModel(weights: original, preprocessing: preprocessing, compute: compute.exact)
    var runs: [RunComparison] = []
    for picture in pictures {
      for topK in rejections(of: classes) {
        let name = topK.map { "\(picture.name), k = \($0)" } ?? picture.name
        try progress(.running("\(name), source"))
        let expected = reference.record(
          pixels: picture.image.pixels, height: picture.image.height, width: picture.image.width,
          textFeatures: features.original, topK: topK)
        try progress(.running("\(name), .sedge"))
        let actual = model.withNetwork {
          $0.recordable.record(
            pixels: picture.image.pixels, height: picture.image.height, width: picture.image.width,
            textFeatures: features.stored, topK: topK)
        }
        for (path, record) in [(checkpoint.archive.path, expected), (path, actual)] where !record.isFinite {
          throw UsageError(.notFinite(result: "results of \(name)"), path: path)
        }
        if comparesLabels {
          try observe?(
            ObservedRun(
              name: name, picture: picture, classNames: classes.classes.map(\.name), expected: expected,
              actual: actual))
        }
        var run = expected.comparison(with: actual, name: name, margin: thresholds.margin)
        run.rejection?.name(classes.classes.map(\.name))
        runs.append(run)
      }
    }
    let deviation = Deviation(reference: features.original.values, actual: features.stored.values)
    runs[0].taps.insert(TapComparison(name: "text_features", deviation: deviation), at: 0)
    return runs
  }

  /// The most classes that layers are measured with: each takes memory, and the layers are the same.
  private static let measuredClassCount = 16
  /// The most prompts that layers are measured with.
  private static let measuredPromptCount = 64

  /// Runs the source, folded as the file is, and the file side by side, layer by layer.
  private func layerErrors(
    of source: FoldedModel, on pictures: [NamedImage], classes: ClassList, features: Features,
    progress: (WorkProgress) throws -> Void
  ) throws -> [LayerError] {
    let attribution = try LayerAttribution(
      source: source, stored: file, preprocessing: preprocessing, compute: compute)
    if file.header.hasTextEncoder, let (tokenizer, templates) = try textTools() {
      let count = max(1, Self.measuredPromptCount / templates.templates.count)
      try progress(.running("prompts, layer by layer"))
      try attribution.encode(
        TextFeatureEncoder.tokens(
          of: Array(classes.classes.prefix(count)), tokenizer, templates, file.architecture.kind))
    }
    let images = pictures.map { ($0.image.pixels, $0.image.height, $0.image.width) }
    try attribution.run(
      pictures: images,
      features: (
        features.original.prefix(Self.measuredClassCount), features.stored.prefix(Self.measuredClassCount)
      )
    ) { try progress(.running("\(pictures[$0].name), layer by layer")) }
    return attribution.errors
  }

  /// Measures what each layer costs the result.
  private func costs(
    _ options: CostOptions, of source: FoldedModel, on pictures: [NamedImage], classes: ClassList,
    progress: @escaping (WorkProgress) throws -> Void
  ) throws -> ResultCosts {
    let (header, tools) = (file.header, try textTools())
    let isScaleGiven = header.options.contains { $0.key == "logit-scale" }
    let origin = SourceModel(
      checkpoint: source.checkpoint, preprocessing: preprocessing, tokenizer: tools?.tokenizer,
      templates: tools?.templates, logitScale: isScaleGiven ? header.logitScale : nil)
    let reference = try OutputReference(
      origin, pictures: pictures.map { TestPicture(name: $0.name, image: $0.image) }, classes: classes,
      compute: compute.exact, progress: progress)
    let measurement = try CostMeasurement(
      reference, source, stored: file, records: header.tensors, options: options, compute: compute,
      progress: progress)
    var costs = try measurement.run { thresholds.scoreFloor(classCount: $0) }
    let suggestion = try FormatSuggestion(measurement, records: header.tensors, storage: storageMode)
    costs.suggestions = try suggestion.suggestions()
    if options.plansFormats {
      let limit = options.byteLimit ?? file.byteCount
      costs.plan = try suggestion.plan(
        fileByteCount: file.byteCount, byteLimit: limit,
        isCalibrated: header.quantization?.calibration != nil)
      if costs.plan == nil {
        costs.leastPlanByteCount = try suggestion.leastByteCount(fileByteCount: file.byteCount, over: limit)
      }
    }
    return costs
  }

  /// How the file was told to store payloads.
  private var storageMode: StorageMode {
    let value = file.header.options.first { $0.key == "store" }?.value
    if value == "raw" { return .raw }
    let level = value.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    return level.map { .zstd(level: min(max($0, 1), 19)) } ?? .compressed
  }

  private func compareTensors(with folded: FoldedModel) throws -> [TensorComparison] {
    let header = file.header
    guard folded.folds == header.folds else {
      throw UsageError(.differentFolds(source: folded.checkpoint.archive.path), path: path)
    }
    var limits = TensorLimits(quantization: header.quantization, layers: header.architecture.layers)
    let records = header.tensors.filter { $0.tensor.role != .textFeatures }
    let deviations = try records.map { record in
      let source = try folded.values(of: record.tensor).values
      let deviation = Deviation(reference: source, actual: try file.values(of: record.tensor).values)
      limits.add(record, source: source, deviation)
      return deviation
    }
    let layers = header.architecture.layerNames(of: records.map(\.tensor))
    return zip(records, deviations).map { record, deviation in
      TensorComparison(
        name: record.tensor.name, codec: record.codec.rawValue, deviation: deviation,
        limit: asked ?? limits.limit(of: record), layer: layers[record.tensor.name],
        storedByteCount: record.storedByteCount, elementCount: record.tensor.elementCount)
    }
  }

  /// Text features by the source's encoder, and by the file's or as it has them stored: T x P x D.
  private typealias Features = (original: Tensor, stored: Tensor)

  private func textFeatures(
    of classes: ClassList, by model: SedgeModel, original: FoldedModel,
    progress: (WorkProgress) throws -> Void
  ) throws -> Features {
    let stored = try model.encodedFeatures(of: classes) {
      try progress(.encodingText(Double($0) / Double(2 * $1)))
    }.features
    guard let (tokenizer, templates) = try textTools() else { return (stored, stored) }
    let encoder = try TextFeatureEncoder(
      original, tokenizer: tokenizer, templates: templates, compute: compute.exact)
    let features = try encoder.features(of: classes.classes) {
      try progress(.encodingText(0.5 + Double($0) / Double(2 * $1)))
    }
    return (features, stored)
  }

  /// Tokenizer and prompts for the source's text encoder; `nil` where the file has none that fit it.
  private func textTools() throws -> (tokenizer: Tokenizer, templates: PromptTemplates)? {
    guard !file.header.promptTemplates.isEmpty else { return nil }
    let text = file.architecture.text
    let tokenizer: Tokenizer
    if let bytes = try file.tokenizerBytes() {
      tokenizer = try Tokenizer(serialized: bytes, contextLength: text.contextLength)
    } else {
      tokenizer = Tokenizer.bundled(contextLength: text.contextLength)
    }
    guard tokenizer.vocabularySize == text.vocabularySize else { return nil }
    return (tokenizer, try PromptTemplates(file.header.promptTemplates))
  }

  private func storedOrDefaultClasses() throws -> ClassList {
    if let list = file.header.classLists.first { return try ClassList(names: list.classNames) }
    return try ClassList(names: Self.defaultClasses)
  }

  /// Without early rejection, and with the file's own where it could reject a class.
  private func rejections(of classes: ClassList) -> [Int?] {
    guard let k = file.header.preprocessing.topK, k < classes.classes.count else { return [nil] }
    return [nil, k]
  }

  /// What is looked for where nobody says what.
  public static let defaultClasses = [
    "sky", "grass", "tree", "person", "car", "building", "road", "water", "mountain", "flower",
  ]
}

extension Tensor {
  /// The first rows of the outermost dimension.
  fileprivate func prefix(_ count: Int) -> Tensor {
    let rowCount = min(count, shape[0])
    return Tensor(
      shape: [rowCount] + shape.dropFirst(), values: Array(values.prefix(self.count / shape[0] * rowCount)))
  }
}
