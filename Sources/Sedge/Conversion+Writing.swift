// What becomes of a conversion: tensors, header, file.

import SedgeText
import SedgeCompression
import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeOperators
import SedgeQuantization
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

extension Conversion {
  /// A class list with its features.
  private typealias EncodedList = (list: SedgeHeader.ClassList, tensor: ModelTensor, features: Tensor)

  /// Files that are made, at most, to find one that is small enough: sizes of headers are known only then.
  private static let sizeAttempts = 4

  /// Converts and writes; the file appears whole or not at all.
  ///
  /// - Throws: `FormatError` where a file cannot be read or written, `ContractError` where weights are not finite,
  ///   `UsageError` where the output is the source, a rule is for no tensor, or a budget cannot be kept.
  @discardableResult
  public func run(
    output path: String, progress: @escaping ProgressHandler = { _ in }
  ) throws -> ConversionSummary {
    try convert(to: path, progress: stopping(progress))
  }

  /// Converts without blocking the calling task, and stops soon after its cancellation; see `run(output:progress:)`.
  @discardableResult
  public nonisolated(nonsending) func run(
    output path: String, progress: @escaping @Sendable (WorkProgress) throws -> Void = { _ in }
  ) async throws -> ConversionSummary {
    try await withoutBlocking(self, progress) { try $0.run(output: path, progress: $1) }
  }

  private func convert(to path: String, progress: @escaping (WorkProgress) throws -> Void) throws
    -> ConversionSummary
  {
    if source.checkpoint.archive.files.contains(where: { FileSystem.isSameFile(path, $0.path) }) {
      throw UsageError(.outputIsInput(source.checkpoint.archive.path), path: path)
    }
    try MemoryDemand.ask(memoryByteCount(sourceTensors), for: "the conversion")
    var opened: SedgeWriter? = try SedgeWriter(path: path, storage: options.storage)
    try source.checkpoint.checkValues { try progress(.checking(Double($0) / Double(max($1, 1)))) }
    let model = try FoldedModel(
      source.checkpoint, preprocessing: source.preprocessing, folding: options.folding
    ) {
      try progress(.folding(Double($0) / Double($1)))
    }
    let tensors = storedTensors(of: model)
    try checkNames(of: tensors)
    let lists = try encodeClassLists(model, progress: progress)
    let sources = try sourceRecords()
    let inputs = try inputRecords()
    let quantization =
      options.compression.isCalibrated
      ? try CalibratedQuantization(
        source, options.compression, classes: try calibrationClasses(), model, tensors: tensors,
        progress: progress) : nil
    let vocabulary = try packedVocabulary()
    // What a file has beside tensors, nearly: the tokenizer and the header.
    var reserve = (vocabulary?.stored.count ?? 0) + 40 * tensors.count
    for _ in 1...Self.sizeAttempts {
      let writer = try opened ?? SedgeWriter(path: path, storage: options.storage)
      opened = nil
      for item in lists {
        try writer.add(item.tensor, values: item.features, requested: options.quantization)
      }
      let result = try quantization?.run(reserve: reserve)
      if let result {
        try append(result, to: writer, progress: progress)
      } else {
        try writeTensors(tensors, of: model, into: writer, progress: progress)
      }
      if let vocabulary, let tokenizer = source.tokenizer {
        try writer.addTokenizer(vocabulary, contextLength: tokenizer.contextLength)
      }
      let header = header(
        of: model, lists: lists.map(\.list), sources: sources, inputs: inputs, quantization: result?.record,
        kernels: result?.record == nil ? nil : try KernelSet.chosen())
      if case .fileSize(let limit) = options.budget {
        let byteCount = try writer.byteCount(with: header)
        if byteCount > limit {
          reserve += byteCount - limit + 64
          continue
        }
      }
      // The last chance to stop: the file appears when it is finished.
      try progress(.writing(1))
      // The fingerprints and all the weights are of the same bytes.
      try source.checkpoint.archive.requireUnchanged()
      for file in options.inputs.flatMap(\.files) { try file.requireUnchanged() }
      let written = try writer.finish(header)
      return ConversionSummary(
        header: written, outputPath: path, outputByteCount: writer.byteCount,
        outputSHA256: writer.sha256.hexadecimalText,
        notes: notes + (result?.notes ?? []),
        plan: plan(tensors, result), requested: options.compression.requestedText,
        zeroRowCounts: writer.zeroRowCounts)
    }
    throw UsageError(.sizeNotReached, path: path)
  }

  /// The header, but for tensors and tokenizer.
  func header(
    of model: FoldedModel, lists: [SedgeHeader.ClassList], sources: [SedgeHeader.SourceRecord],
    inputs: [ProvenanceRecord.Input], quantization: QuantizationRecord?, kernels: String?
  ) -> SedgeHeader {
    SedgeHeader(
      sedgeVersion: sedgeVersion, architecture: model.architecture, preprocessing: source.preprocessing,
      foldState: model.foldState, folds: model.folds, hasTextEncoder: !options.dropsTextEncoder,
      promptTemplates: source.templates?.templates ?? [], classLists: lists, sources: sources,
      options: optionRecords(), logitScale: options.logitScale ?? model.logitScale,
      quantization: quantization, hyperparameters: hyperparameters,
      provenance: ProvenanceRecord(commit: sedgeCommit, kernels: kernels, inputs: inputs))
  }

  /// The name of a file without its folder.
  static func fileName(of path: String) -> String { String(path.split(separator: "/").last ?? "") }

  /// The name of the tensor with a class list's features.
  static func featuresName(of list: String) -> String { "class_lists.\(list).text_features" }

  /// The tokenizer's merges, ready for the file; CLIP's own come compressed with the program.
  func packedVocabulary() throws -> PackedSegment? {
    guard !options.dropsTextEncoder, let tokenizer = source.tokenizer else { return nil }
    if options.storage != .raw, let frame = tokenizer.zstdFrame {
      return PackedSegment(frame: frame, plainByteCount: tokenizer.serialized.count)
    }
    return try PackedSegment(tokenizer.serialized, storage: options.storage.forText)
  }

  func sourceRecords() throws -> [SedgeHeader.SourceRecord] {
    try source.checkpoint.archive.files.map { file in
      SedgeHeader.SourceRecord(
        fileName: Self.fileName(of: file.path), sha256: try sha256(of: file),
        byteCount: file.byteCount, formatName: source.checkpoint.archive.formatName)
    }
  }

  func inputRecords() throws -> [ProvenanceRecord.Input] { try options.inputs.map { try $0.record() } }

  // MARK: Forms

  /// Makes sure that every rule and every line of a plan is for a tensor that there is.
  func checkNames(of tensors: [ModelTensor]) throws {
    for rule in options.tensorRules where !tensors.contains(where: { rule.applies(to: $0.name) }) {
      throw UsageError(.ruleWithoutTensor(rule.description))
    }
    let names = Set(tensors.map(\.name))
    if let entry = options.plan?.tensors.first(where: { !names.contains($0.name) }) {
      throw UsageError(.planWithoutTensor(entry.name))
    }
  }

  /// The form that each tensor was given.
  private func plan(_ tensors: [ModelTensor], _ result: QuantizationResult?) -> QuantizationPlan {
    let settings = options.compression
    return QuantizationPlan(
      tensors: tensors.map { tensor in
        let form = result?.forms[tensor.name] ?? settings.rule(for: tensor).choice.form
        return QuantizationPlan.Entry(name: tensor.name, form: form)
      })
  }

  // MARK: Tensors

  /// Appends tensors that were coded before, and what is known of them.
  private func append(
    _ result: QuantizationResult, to writer: SedgeWriter, progress: (WorkProgress) throws -> Void
  ) throws {
    for (index, packed) in result.packed.enumerated() {
      try writer.append(packed)
      if let shares = result.shares[packed.tensor.name] {
        writer.note(importance: shares.importance, errorShare: shares.errorShare, of: packed.tensor.name)
      }
      try progress(.writing(Double(index + 1) / Double(result.packed.count)))
    }
  }

  /// Codes tensors, several at a time, and writes them in the order of the forward pass.
  private func writeTensors(
    _ tensors: [ModelTensor], of model: FoldedModel, into writer: SedgeWriter,
    progress: (WorkProgress) throws -> Void
  ) throws {
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    let settings = options.compression
    let quantizer = ModelQuantizer(model, storage: options.storage)
    try quantizer.code(tensors.map { (tensor: $0, rule: settings.rule(for: $0)) }) { coded in
      for item in coded {
        try writer.append(item.packed)
        done += item.packed.tensor.elementCount
      }
      try progress(.writing(Double(done) / Double(total)))
    }
  }

  // MARK: Text

  /// The classes that calibration looks for.
  private func calibrationClasses() throws -> ClassList {
    try options.calibration?.classes ?? options.classLists.first?.classes
      ?? ClassList(names: Verification.defaultClasses)
  }

  /// Encodes the class lists with the weights as they are before coding.
  private func encodeClassLists(
    _ model: FoldedModel, progress: (WorkProgress) throws -> Void
  ) throws -> [EncodedList] {
    guard !options.classLists.isEmpty, let tokenizer = source.tokenizer, let templates = source.templates
    else {
      return []
    }
    // The file must not depend on the processor that makes it.
    let text = try TextFeatureEncoder(
      model, tokenizer: tokenizer, templates: templates, compute: Compute(.reference))
    return try options.classLists.map { list in
      let features = try text.features(of: list.classes.classes) {
        try progress(.encodingText(Double($0) / Double($1)))
      }
      let name = Self.featuresName(of: list.name)
      return (
        SedgeHeader.ClassList(name: list.name, classNames: list.classes.classes.map(\.name), features: name),
        ModelTensor(name: name, role: .textFeatures, layout: .plain, shape: features.shape), features
      )
    }
  }
}
