// A checkpoint to a .sedge file: check, fold, code, write.

import SedgeArchitecture
import SedgeContainer
import SedgeFolding
import SedgeOperators
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
  private(set) var preprocessing: Preprocessing
  let tokenizer: Tokenizer?
  let templates: PromptTemplates?
  /// How the numbers are known that shapes do not determine.
  let hyperparameters: [HyperparameterRecord]
  /// What a user should know of the file that comes out, in sentences.
  private(set) var notes: [String] = []

  /// Opens a checkpoint and holds its directory and the options against each other.
  ///
  /// - Throws: `FormatError`, `ContractError` with every tensor that is wrong, ``OptionError``, or `KernelSetError` where
  ///   `SEDGE_KERNELS` cannot be followed.
  public init(source path: String, options: ConversionOptions) throws {
    try self.init(sources: [path], options: options)
  }

  /// Opens several files that complete each other to one checkpoint, such as CLIP from one holder and the decoder from
  /// another.
  ///
  /// - Throws: As ``init(source:options:)``, and ``OptionError`` where two files have the same tensor.
  public init(sources paths: [String], options: ConversionOptions) throws {
    try self.init(openCheckpoint(paths: paths, prefix: options.architecture.prefix), options: options)
  }

  init(_ archive: any TensorArchive, options: ConversionOptions) throws {
    // Coding follows the choice of kernels, and cannot refuse it.
    _ = try KernelSet.chosen()
    let choice = HyperparameterChoice(
      archive, options: options.architecture, resolution: options.resolution, pixelMean: options.pixelMean,
      pixelStandardDeviation: options.pixelStandardDeviation)
    checkpoint = try Checkpoint(
      archive, options: choice.architecture, ignoresUnexpected: options.ignoresUnexpected)
    if let problem = choice.problems.first { throw OptionError("\(archive.path): \(problem)") }
    self.options = options
    let architecture = checkpoint.architecture
    preprocessing = choice.preprocessing(
      for: architecture, topK: architecture.decoder?.hasRejectionHeads == true ? options.topK : nil)
    hyperparameters = choice.records(for: architecture)
    notes = choice.notes + Self.notesOnWhatIsLeftOut(of: checkpoint)
    try Self.checkLogitScale(of: checkpoint, options: options)
    if options.dropsTextEncoder, options.classLists.isEmpty, !options.allowsNoClassNames {
      throw OptionError(
        "without its text encoder a model needs class lists: add --classes, or --allow-no-class-names")
    }
    if architecture.decoder != nil { try Self.checkDistinctNames(in: options.classLists) }
    var obstacles: [String] = []
    templates = try Self.templates(
      for: architecture, path: archive.path, options: options, obstacles: &obstacles)
    tokenizer = try Self.tokenizer(
      for: architecture, path: archive.path, options: options, obstacles: &obstacles)
    if !options.classLists.isEmpty, templates == nil || tokenizer == nil {
      throw OptionError(
        "\(archive.path): class lists cannot be encoded: " + obstacles.joined(separator: "; "))
    }
    if !obstacles.isEmpty, !options.dropsTextEncoder, !options.allowsNoClassNames {
      throw OptionError(
        "\(archive.path): \(obstacles.joined(separator: "; ")). Without them the file takes no class names; if that is wanted, add --allow-no-class-names"
      )
    }
    notes += options.dropsTextEncoder && options.classLists.isEmpty ? [] : obstacles
    for list in options.classLists {
      guard let tokenizer, let templates else { break }
      let names = TextFeatureEncoder.namesBeyondContext(list.classes.classes, tokenizer, templates)
      guard let first = names.first else { continue }
      notes.append(
        "class list \(list.name): the prompts of \(names.count == 1 ? "" : "\(names.count) classes, such as ")"
          + "\(first.prefix(40)) are cut at \(tokenizer.contextLength) tokens")
    }
    if options.storage == .raw, options.budget != nil || ![.f32, .f16, .int8].contains(options.quantization) {
      throw OptionError(
        "raw storage is for f32, f16 and int8, which can be used as they lie; \(options.wishText) cannot")
    }
    if options.dropsTextEncoder {
      notes.append(
        options.classLists.isEmpty
          ? "the text encoder was left out and no class list is stored: no class names can be looked for"
          : "the text encoder was left out: open vocabulary is gone, only the stored class lists work")
    }
  }

  /// Makes sure that CLIP alone has a logit scale, and that one that there is can be stored.
  private static func checkLogitScale(of checkpoint: Checkpoint, options: ConversionOptions) throws {
    let name = "\(checkpoint.archive.path): \(checkpoint.naming.fileName(ModelPath.logitScale.name))"
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

  /// The same with pictures brought to another size.
  func seeing(atResolution resolution: Int) -> Conversion {
    var result = self
    result.preprocessing.resolution = resolution
    return result
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
      notes.append("\(skipped.count - mostSkippedNotes) more not read; sedge inspect lists them")
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
    for architecture: Architecture, path: String, options: ConversionOptions, obstacles: inout [String]
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
    obstacles.append("the model takes \(count) prompts and none were given (--templates)")
    return nil
  }

  private static func tokenizer(
    for architecture: Architecture, path: String, options: ConversionOptions, obstacles: inout [String]
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
    obstacles.append(
      "the model has \(size) tokens, CLIP's vocabulary \(tokenizer.vocabularySize): no tokenizer fits (--vocabulary)"
    )
    return nil
  }

  private static func text(_ parts: Set<ModelPart>) -> String {
    ModelPart.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ",")
  }

  func optionRecords() -> [SedgeHeader.Option] {
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

/// Options that do not fit the model or each other.
public struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What does not fit, and what to do.
  public var description: String

  /// Describes the misfit.
  public init(_ description: String) { self.description = description }
}
