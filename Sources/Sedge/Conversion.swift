// A checkpoint to a .sedge file: check, fold, code, write.

import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeQuantization
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

/// A step of long work, for progress displays.
public enum Progress: Sendable {
  /// Reading every weight once and checking it.
  case checking(Double)
  /// Folding and proving.
  case folding(Double)
  /// Encoding the prompts of class lists.
  case encodingText(Double)
  /// Coding and writing tensors.
  case writing(Double)
  /// Looking at what the layers see.
  case calibrating(Double)
  /// Measuring what each tensor's errors do.
  case sensing(Double)
  /// Coding tensors that are not written yet.
  case coding(Double)
  /// Running a model: which, on what.
  case running(String)
}

/// One conversion of a checkpoint.
public struct Conversion {
  let checkpoint: Checkpoint
  let options: ConversionOptions
  let preprocessing: Preprocessing
  let tokenizer: Tokenizer?
  let templates: PromptTemplates?
  /// What a user should know of the file that comes out, in sentences.
  private var notes: [String] = []

  /// Opens a checkpoint and holds its directory and the options against each other.
  ///
  /// - Throws: `FormatError`, `ContractError` with every tensor that is wrong, or ``OptionError``.
  public init(source path: String, options: ConversionOptions) throws {
    try self.init(sources: [path], options: options)
  }

  /// Opens several files that complete each other to one checkpoint, such as CLIP from one holder and the decoder from
  /// another.
  ///
  /// - Throws: As ``init(source:options:)``, and ``OptionError`` where two files have the same tensor.
  public init(sources paths: [String], options: ConversionOptions) throws {
    try self.init(openCheckpoint(paths: paths), options: options)
  }

  init(_ archive: any TensorArchive, options: ConversionOptions) throws {
    checkpoint = try Checkpoint(
      archive, options: options.architecture, ignoresUnexpected: options.ignoresUnexpected)
    self.options = options
    let architecture = checkpoint.architecture
    preprocessing = Preprocessing(
      pixelMean: options.pixelMean, pixelStandardDeviation: options.pixelStandardDeviation,
      resolution: options.resolution ?? architecture.usualResolution,
      topK: architecture.decoder?.hasRejectionHeads == true ? options.topK : nil)
    notes = Self.notesOnWhatIsLeftOut(of: checkpoint)
    try Self.checkLogitScale(of: checkpoint, options: options)
    if options.dropsTextEncoder, options.classLists.isEmpty {
      throw OptionError("without its text encoder a model needs class lists: add --classes")
    }
    templates = try Self.templates(
      for: architecture, path: archive.path, options: options, notes: &notes)
    tokenizer = try Self.tokenizer(
      for: architecture, path: archive.path, options: options, notes: &notes)
    if !options.classLists.isEmpty, templates == nil || tokenizer == nil {
      throw OptionError("\(archive.path): class lists cannot be encoded: " + notes.joined(separator: "; "))
    }
    if options.dropsTextEncoder {
      notes.append("the text encoder was left out: open vocabulary is gone, only the stored class lists work")
    }
  }

  /// Makes sure that CLIP alone has a logit scale, and that one that there is can be stored.
  private static func checkLogitScale(of checkpoint: Checkpoint, options: ConversionOptions) throws {
    let name = "\(checkpoint.archive.path): \(checkpoint.naming.fileName(PartName.logitScale))"
    let advice = "give it with --logit-scale (4.6052 in OpenCLIP's models)"
    guard let scale = try options.logitScale ?? checkpoint.logitScale() else {
      if checkpoint.architecture.decoder == nil { throw OptionError("\(name): missing; \(advice)") }
      return
    }
    // What is no number is told with all other such values when these are read.
    guard !scale.isFinite || abs(scale) <= SedgeHeader.largestLogitScale else {
      throw OptionError(
        "\(name): is \(scale), expected a logarithm within ±\(SedgeHeader.largestLogitScale); \(advice)")
    }
  }

  private static func notesOnWhatIsLeftOut(of checkpoint: Checkpoint) -> [String] {
    var notes: [String] = []
    if !checkpoint.ignoredNames.isEmpty {
      notes.append(
        "left out, for the model does not have them: " + checkpoint.ignoredNames.joined(separator: ", "))
    }
    if !checkpoint.namesLeftOut.isEmpty {
      notes.append("left out, as asked: \(checkpoint.namesLeftOut.count) tensors of the decoder")
    }
    if let decoder = checkpoint.architecture.decoder, !decoder.hasRejectionHeads,
      checkpoint.namesLeftOut.isEmpty
    {
      notes.append(
        "there are no heads for early rejection (\(PartName.decoder).head0 to head2, which exporters leave out): all classes are kept"
      )
    }
    return notes
  }

  private static func templates(
    for architecture: Architecture, path: String, options: ConversionOptions, notes: inout [String]
  ) throws -> PromptTemplates? {
    guard let count = architecture.decoder?.promptCount else { return options.templates ?? .imagenet }
    if let templates = options.templates {
      guard templates.templates.count == count else {
        throw OptionError(
          "\(path): takes \(count) prompts, --templates has \(templates.templates.count)")
      }
      return templates
    }
    if count == PromptTemplates.imagenet.templates.count { return .imagenet }
    notes.append(
      "the model takes \(count) prompts and none were given (--templates): class names have no meaning")
    return nil
  }

  private static func tokenizer(
    for architecture: Architecture, path: String, options: ConversionOptions, notes: inout [String]
  ) throws -> Tokenizer? {
    let length = architecture.text.contextLength
    guard length >= 2 else {
      throw OptionError("\(path): a context of \(length) tokens has no room for start and end")
    }
    let tokenizer =
      if let path = options.vocabularyPath {
        try Tokenizer(vocabularyFile: path, contextLength: length)
      } else {
        Tokenizer.bundled(contextLength: length)
      }
    let size = architecture.text.vocabularySize
    if tokenizer.vocabularySize == size { return tokenizer }
    if let vocabulary = options.vocabularyPath {
      throw OptionError(
        "\(path): has \(size) tokens, \(vocabulary) makes \(tokenizer.vocabularySize); give the model's own vocabulary"
      )
    }
    notes.append(
      "the model has \(size) tokens, CLIP's vocabulary \(tokenizer.vocabularySize): no tokenizer is stored, class names have no meaning"
    )
    return nil
  }

  /// Converts and writes; the file appears whole or not at all.
  ///
  /// - Throws: `FormatError` where a file cannot be read or written, `ContractError` where weights are not finite,
  ///   ``OptionError`` where the output is the source.
  public func run(output path: String, progress: (Progress) -> Void = { _ in }) throws -> ConversionSummary {
    if checkpoint.archive.files.contains(where: { isSameFile(path, $0) }) {
      throw OptionError("\(path): is the source itself, expected another path for the output")
    }
    let writer = try SedgeWriter(path: path, storage: options.storage)
    try checkpoint.checkValues { progress(.checking(Double($0) / Double(max($1, 1)))) }
    let model = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: options.folding) {
      progress(.folding(Double($0) / Double($1)))
    }
    let tensors = model.modelTensors.filter { !(options.dropsTextEncoder && PartName.isText($0.name)) }
    try checkNames(of: tensors)
    let classLists = try encodeClassLists(model, into: writer, progress: progress)
    var result: QuantizationResult?
    if options.isCalibrated {
      result = try withoutActuallyEscaping(progress) { progress in
        let quantization = try CalibratedQuantization(self, model, tensors: tensors, progress: progress)
        guard let budget = options.budget else { return try quantization.run() }
        return try quantization.run(budget: budget) { others in
          self.byteLimit(others: others, tensors: tensors, writer: writer, model: model)
        }
      }
    }
    if let result {
      try append(result, to: writer, progress: progress)
    } else {
      try writeTensors(tensors, of: model, into: writer, progress: progress)
    }
    let storesTokenizer = !options.dropsTextEncoder && tokenizer != nil
    if storesTokenizer, let tokenizer {
      try writer.addTokenizer(tokenizer.serialized, contextLength: tokenizer.contextLength)
    }
    let sources = try checkpoint.archive.files.map { path in
      SedgeHeader.SourceRecord(
        fileName: String(path.split(separator: "/").last ?? ""), sha256: try sha256(ofFile: path),
        byteCount: try InputFile(path: path).byteCount, formatName: checkpoint.archive.formatName)
    }
    let header = try writer.finish(
      SedgeHeader(
        sedgeVersion: sedgeVersion, architecture: model.architecture, preprocessing: preprocessing,
        form: model.form, folds: model.folds, hasTextEncoder: !options.dropsTextEncoder,
        promptTemplates: templates?.templates ?? [], classLists: classLists, sources: sources,
        options: optionRecords(), logitScale: options.logitScale ?? model.logitScale,
        quantization: result?.record))
    return ConversionSummary(
      header: header, outputPath: path, outputByteCount: try InputFile(path: path).byteCount,
      notes: notes + (result?.notes ?? []), plan: plan(tensors, result), wish: options.wishText,
      zeroRowCounts: writer.zeroRowCounts)
  }

  /// Makes sure that every rule and every line of a plan is for a tensor that there is.
  private func checkNames(of tensors: [ModelTensor]) throws {
    for rule in options.tensorRules where !tensors.contains(where: { rule.applies(to: $0.name) }) {
      throw OptionError("--tensor \(rule): no tensor of the model has such a name; sedge inspect lists them")
    }
    let names = Set(tensors.map(\.name))
    if let entry = options.plan?.tensors.first(where: { !names.contains($0.name) }) {
      throw OptionError(
        "the plan has \(entry.name), which is no tensor of this model once it is folded as asked")
    }
  }

  /// The form that a user has given a tensor, by the last rule that is for it, or by the plan.
  func fixedRule(for tensor: ModelTensor) -> CodingRule? {
    let form =
      options.tensorRules.last { $0.applies(to: tensor.name) }?.form
      ?? options.plan?.tensors.first { $0.name == tensor.name }?.form
    return form.map { CodingRule(coding: options.storage == .raw ? $0.mappedCoding : $0.coding) }
  }

  /// How a tensor is to be coded.
  func rule(for tensor: ModelTensor) -> CodingRule {
    fixedRule(for: tensor) ?? CodingRule(for: tensor, wished: options.quantization, storage: options.storage)
  }

  /// The form that each tensor was given.
  private func plan(_ tensors: [ModelTensor], _ result: QuantizationResult?) -> QuantizationPlan {
    QuantizationPlan(
      tensors: tensors.map { tensor in
        let form = result?.bits[tensor.name].map { TensorForm.bits($0) } ?? rule(for: tensor).coding.form
        return QuantizationPlan.Entry(name: tensor.name, form: form)
      })
  }

  /// What is left of a file's size for the tensors whose bits are chosen.
  private func byteLimit(
    others: Int, tensors: [ModelTensor], writer: SedgeWriter, model: FoldedModel
  ) -> Int {
    guard case .fileSize(let size) = options.budget else { return .max }
    let features = writer.tensors.reduce(0) { $0 + $1.storedByteCount }
    let merges =
      options.dropsTextEncoder ? 0 : tokenizer.map { writer.storedByteCount(of: $0.serialized) } ?? 0
    // What the header has of each tensor and of each fold, compressed, and of all else.
    let header = 1024 + 36 * tensors.count + 8 * model.folds.count + (templates?.templates.count ?? 0) * 12
    return size - others - features - merges - header
  }

  /// Appends tensors that were coded before, and what is known of them.
  private func append(
    _ result: QuantizationResult, to writer: SedgeWriter, progress: (Progress) -> Void
  ) throws {
    for (index, packed) in result.packed.enumerated() {
      try writer.append(packed)
      if let shares = result.shares[packed.tensor.name] {
        writer.note(importance: shares.importance, errorShare: shares.errorShare, of: packed.tensor.name)
      }
      progress(.writing(Double(index + 1) / Double(result.packed.count)))
    }
  }

  /// The tokens of classes' prompts; see `TextEncoder`.
  func tokens(of classes: ClassList) throws -> [[[[Int32]]]] {
    guard let tokenizer, let templates, !options.dropsTextEncoder else { return [] }
    return TextFeatureEncoder.tokens(of: classes.classes, tokenizer, templates)
  }

  /// Encodes the class lists with the weights as they are before coding.
  private func encodeClassLists(
    _ model: FoldedModel, into writer: SedgeWriter, progress: (Progress) -> Void
  ) throws -> [SedgeHeader.ClassList] {
    guard !options.classLists.isEmpty, let tokenizer, let templates else { return [] }
    // The file must not depend on the processor that makes it.
    let text = try TextFeatureEncoder(
      model, tokenizer: tokenizer, templates: templates, compute: Compute(.reference))
    return try options.classLists.map { list in
      let features = text.features(of: list.classes.classes) {
        progress(.encodingText(Double($0) / Double($1)))
      }
      let name = "class_lists.\(list.name).text_features"
      try writer.add(
        ModelTensor(name: name, role: .textFeatures, layout: .plain, shape: features.shape), values: features,
        wished: options.quantization)
      return SedgeHeader.ClassList(
        name: list.name, classNames: list.classes.classes.map(\.name), features: name)
    }
  }

  /// Codes tensors, several at a time, and writes them in the order of the forward pass.
  private func writeTensors(
    _ tensors: [ModelTensor], of model: FoldedModel, into writer: SedgeWriter, progress: (Progress) -> Void
  ) throws {
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    let quantizer = ModelQuantizer(model, storage: options.storage)
    try quantizer.code(tensors.map { (tensor: $0, rule: rule(for: $0)) }) { coded in
      for item in coded {
        try writer.append(item.packed)
        done += item.packed.tensor.elementCount
      }
      progress(.writing(Double(done) / Double(total)))
    }
  }

  private static func text(_ parts: Set<ModelPart>) -> String {
    ModelPart.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ",")
  }

  private func optionRecords() -> [SedgeHeader.Option] {
    let architecture = options.architecture
    var records: [(String, String?)] = [
      ("quantize", options.wishText),
      (
        "tensor",
        options.tensorRules.isEmpty ? nil : options.tensorRules.map(\.description).joined(separator: ", ")
      ), ("plan", options.plan == nil ? nil : "given"),
      ("calibrate", options.isCalibrated ? (options.calibration ?? CalibrationOptions()).source : nil),
      ("fold", options.folding ? "yes" : "no"),
      ("heads", architecture.heads.map(String.init)), ("text-heads", architecture.textHeads.map(String.init)),
      ("pooling", architecture.pooling.map(String.init)),
      ("norm-eps", architecture.normEpsilon.map { "\($0)" }),
      ("parts", architecture.parts.count == ModelPart.allCases.count ? nil : Self.text(architecture.parts)),
      ("logit-scale", options.logitScale.map { "\($0)" }),
      ("templates", options.templates == nil ? nil : "given"),
      ("vocabulary", options.vocabularyPath == nil ? nil : "given"),
      ("classes", options.classLists.isEmpty ? nil : options.classLists.map(\.name).joined(separator: ", ")),
      ("drop-text", options.dropsTextEncoder ? "yes" : nil),
      ("ignore-unexpected", options.ignoresUnexpected ? "yes" : nil),
    ]
    switch options.storage {
    case .raw: records.append(("store", "raw"))
    case .zstd(let level): records.append(("store", "zstd level \(level)"))
    }
    return records.compactMap { key, value in value.map { SedgeHeader.Option(key: key, value: $0) } }
  }
}

/// Options that do not fit the model or each other.
public struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What does not fit, and what to do.
  public var description: String

  /// Describes the misfit.
  public init(_ description: String) { self.description = description }
}
