// A checkpoint to a .sedge file: check, fold, code, write.

import SedgeCheckpoint
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

/// One conversion of a checkpoint.
///
///     var options = ConversionOptions()
///     options.quantization = .int8
///     let summary = try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge")
///     print(summary.outputByteCount)
public struct Conversion {
  package let source: SourceModel
  let options: ConversionOptions
  /// How the numbers are known that shapes do not determine.
  let hyperparameters: [HyperparameterRecord]
  /// What a user should know of the file that comes out, in sentences.
  private(set) var notes: [String] = []

  /// Opens a checkpoint and holds its directory and the options against each other.
  ///
  /// - Throws: `FormatError`, `ContractError` with every tensor that is wrong, `UsageError`, or `KernelSetError` where
  ///   `SEDGE_KERNELS` cannot be followed.
  public init(source path: String, options: ConversionOptions) throws {
    try self.init(sources: [path], options: options)
  }

  /// Opens several files that complete each other to one checkpoint, such as CLIP from one holder and the decoder from
  /// another.
  ///
  /// - Throws: As ``init(source:options:)``, and `UsageError` where two files have the same tensor.
  public init(sources paths: [String], options: ConversionOptions) throws {
    try self.init(openCheckpoint(paths: paths, prefix: options.architecture.prefix), options: options)
  }

  init(_ archive: any TensorArchive, options: ConversionOptions) throws {
    // Coding follows the choice of kernels, and cannot refuse it.
    _ = try KernelSet.chosen()
    let choice = HyperparameterChoice(
      archive, options: options.architecture, resolution: options.resolution,
      slidingWindow: options.slidingWindow, pixelMean: options.pixelMean,
      pixelStandardDeviation: options.pixelStandardDeviation)
    let checkpoint = try Checkpoint(
      archive, options: choice.architecture, ignoresUnexpected: options.ignoresUnexpected)
    if let problem = choice.problems.first { throw UsageError(.hyperparameter(problem), path: archive.path) }
    self.options = options
    let architecture = checkpoint.architecture
    if let resizing = options.resizing,
      !ImageResizing.all(of: architecture.kind).contains(resizing)
        || architecture.kind == .clip
    {
      throw UsageError(
        architecture.kind == .clip
          ? .resizingOfClassifier : .resizingOfAnother(resizing.rawValue, model: architecture.kind.rawValue),
        path: archive.path)
    }
    let stride = architecture.image.stride
    if let resolution = options.resolution, resolution % stride != 0 {
      throw UsageError(.resolution(resolution, multipleOf: stride), path: archive.path)
    }
    if let aggregation = architecture.aggregation, let resolution = options.resolution,
      resolution != stride * aggregation.grid
    {
      throw UsageError(.resolutionOfGrid(resolution, expected: stride * aggregation.grid), path: archive.path)
    }
    let preprocessing = choice.preprocessing(
      for: architecture, topK: architecture.hasRejectionHeads ? options.topK : nil,
      resizing: options.resizing ?? .square)
    hyperparameters = choice.records(for: architecture)
    notes = choice.notes + Self.notesOnWhatIsLeftOut(of: checkpoint)
    try Self.checkLogitScale(of: checkpoint, options: options)
    if options.dropsTextEncoder, options.classLists.isEmpty, !options.allowsNoClassNames {
      throw UsageError(.classListRequired)
    }
    if architecture.segmenter != nil { try Self.checkDistinctNames(in: options.classLists) }
    var obstacles: [UsageError.TextObstacle] = []
    let templates = try Self.templates(
      for: architecture, path: archive.path, options: options, obstacles: &obstacles)
    let tokenizer = try Self.tokenizer(
      for: architecture, path: archive.path, options: options, obstacles: &obstacles)
    if !options.classLists.isEmpty, templates == nil || tokenizer == nil {
      throw UsageError(.classListsNotEncodable(obstacles), path: archive.path)
    }
    if !obstacles.isEmpty, !options.dropsTextEncoder, !options.allowsNoClassNames {
      throw UsageError(.noClassNames(obstacles), path: archive.path)
    }
    notes += options.dropsTextEncoder && options.classLists.isEmpty ? [] : obstacles.map(\.text)
    for list in options.classLists {
      guard let tokenizer, let templates else { break }
      let names = TextFeatureEncoder.namesBeyondContext(list.classes.classes, tokenizer, templates)
      guard let first = names.first else { continue }
      notes.append(
        "class list \(list.name): the prompts of \(names.count == 1 ? "" : "\(names.count) classes, such as ")"
          + "\(first.prefix(40)) are cut at \(tokenizer.contextLength) tokens")
    }
    if options.storage == .raw, options.budget != nil || ![.f32, .f16, .int8].contains(options.quantization) {
      throw UsageError(.rawStorage(requested: options.compression.requestedText))
    }
    source = SourceModel(
      checkpoint: checkpoint, preprocessing: preprocessing, tokenizer: tokenizer, templates: templates,
      logitScale: options.logitScale)
    if options.dropsTextEncoder {
      notes.append(
        options.classLists.isEmpty
          ? "the text encoder was left out and no class list is stored: no class names can be looked for"
          : "the text encoder was left out: open vocabulary is gone, only the stored class lists work")
    }
  }

  /// Makes sure that CLIP alone has a logit scale, and that one that there is can be stored.
  private static func checkLogitScale(of checkpoint: Checkpoint, options: ConversionOptions) throws {
    let (path, name) = (checkpoint.archive.path, checkpoint.naming.fileName(ModelPath.logitScale.name))
    guard let scale = try options.logitScale ?? checkpoint.logitScale() else {
      if checkpoint.architecture.segmenter == nil {
        throw UsageError(.missingLogitScale(tensor: name), path: path)
      }
      return
    }
    // What is no number is told with all other such values when these are read.
    guard !scale.isFinite || abs(scale) <= SedgeHeader.largestLogitScale else {
      throw UsageError(
        .logitScale(tensor: name, value: scale, limit: SedgeHeader.largestLogitScale), path: path)
    }
  }

  /// Makes sure that each label of a class list means one class.
  private static func checkDistinctNames(in lists: [(name: String, classes: ClassList)]) throws {
    for list in lists {
      do {
        try list.classes.checkDistinctNames()
      } catch {
        throw FormatError(error.kind, path: "the class list \(list.name)")
      }
    }
  }

  /// Objects that are not read and are told one by one.
  private static let mostSkippedNotes = 5

  private static func notesOnWhatIsLeftOut(of checkpoint: Checkpoint) -> [String] {
    var notes: [String] = []
    if !checkpoint.ignoredNames.isEmpty {
      notes.append(
        "left out, for the model does not have them: " + checkpoint.ignoredNames.joined(separator: ", "))
    }
    if !checkpoint.omittedNames.isEmpty {
      notes.append("left out, as asked: \(checkpoint.omittedNames.count) tensors of the decoder")
    }
    notes += checkpoint.notes + checkpoint.archive.notes
    let skipped = checkpoint.archive.skipped
    notes += skipped.prefix(mostSkippedNotes).map { "\($0.name): not read, \($0.reason)" }
    if skipped.count > mostSkippedNotes {
      notes.append("\(skipped.count - mostSkippedNotes) more not read")
    }
    if let decoder = checkpoint.architecture.decoder, !decoder.hasRejectionHeads,
      checkpoint.omittedNames.isEmpty
    {
      let heads = ModelPath.decoder.rejectionHeads.map(\.name)
      notes.append(
        "there are no heads for early rejection (\(heads.joined(separator: ", ")), which exporters leave out): all classes are kept"
      )
    }
    return notes
  }

  private static func templates(
    for architecture: Architecture, path: String, options: ConversionOptions,
    obstacles: inout [UsageError.TextObstacle]
  ) throws -> PromptTemplates? {
    guard let count = architecture.segmenter?.promptCount else { return options.templates ?? .imagenet }
    if let templates = options.templates {
      guard templates.templates.count == count else {
        throw UsageError(.promptCount(expected: count, found: templates.templates.count), path: path)
      }
      return templates
    }
    if architecture.kind == .catSeg, count == PromptTemplates.catSeg.templates.count { return .catSeg }
    if count == PromptTemplates.imagenet.templates.count { return .imagenet }
    obstacles.append(.templatesRequired(count: count))
    return nil
  }

  private static func tokenizer(
    for architecture: Architecture, path: String, options: ConversionOptions,
    obstacles: inout [UsageError.TextObstacle]
  ) throws -> Tokenizer? {
    let length = architecture.text.contextLength
    guard length >= 2 else {
      throw UsageError(.contextLength(length), path: path)
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
      throw UsageError(
        .vocabularySize(expected: size, found: tokenizer.vocabularySize, vocabulary: vocabulary), path: path)
    }
    obstacles.append(.vocabularyRequired(size: size, bundledSize: tokenizer.vocabularySize))
    return nil
  }

  private static func text(_ parts: Set<ModelPart>) -> String {
    ModelPart.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ",")
  }

  func optionRecords() -> [SedgeHeader.Option] {
    let architecture = options.architecture
    var records: [(String, String?)] = [
      ("quantize", options.compression.requestedText),
      (
        "tensor",
        options.tensorRules.isEmpty ? nil : options.tensorRules.map(\.description).joined(separator: ", ")
      ), ("plan", options.plan == nil ? nil : "given"),
      (
        "calibrate",
        options.compression.isCalibrated ? (options.calibration ?? CalibrationOptions()).source : nil
      ),
      ("fold", options.folding ? "yes" : "no"),
      ("preprocess", options.resizing?.rawValue),
      ("heads", architecture.heads.map(String.init)), ("text-heads", architecture.textHeads.map(String.init)),
      ("image-heads", architecture.imageHeads.map(String.init)),
      ("quick-gelu", architecture.quickGELU.map { $0 ? "1" : "0" }),
      ("pooling", architecture.pooling.map(String.init)),
      ("class-length", architecture.classLength.map(String.init)),
      ("sliding-window", options.slidingWindow.map(String.init)),
      ("norm-eps", architecture.normEpsilon.map { "\($0)" }),
      ("parts", architecture.parts.count == ModelPart.allCases.count ? nil : Self.text(architecture.parts)),
      ("prefix", architecture.prefix),
      ("logit-scale", options.logitScale.map { "\($0)" }),
      ("templates", options.templates == nil ? nil : "given"),
      ("vocabulary", options.vocabularyPath == nil ? nil : "given"),
      ("classes", options.classLists.isEmpty ? nil : options.classLists.map(\.name).joined(separator: ", ")),
      ("drop-text", options.dropsTextEncoder ? "yes" : nil),
      ("allow-no-class-names", options.allowsNoClassNames ? "yes" : nil),
      ("ignore-config", architecture.ignoresConfiguration ? "yes" : nil),
      ("ignore-unexpected", options.ignoresUnexpected ? "yes" : nil),
    ]
    switch options.storage {
    case .raw: records.append(("store", "raw"))
    case .zstd(let level): records.append(("store", "zstd level \(level)"))
    }
    return records.compactMap { key, value in value.map { SedgeHeader.Option(key: key, value: $0) } }
  }
}
