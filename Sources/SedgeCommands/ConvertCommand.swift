// sedge convert: a checkpoint to a .sedge file.

import SedgeQuantization
import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeEvaluation
import SedgeOperators
import SedgeTensor

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint into one compact, self-contained .sedge file.",
    discussion: """
      Checks every tensor against the architecture, folds norms and scales with a certificate for each, and encodes the \
      weights. The file contains everything that is needed to run the model: weights, preprocessing, tokenizer, prompts, \
      class lists. It appears whole or not at all; the same input and options give the same bytes.
      """)

  enum Storage: String, ExpressibleByArgument, CaseIterable { case raw, zstd }

  @Argument(
    help: ArgumentHelp(
      "A checkpoint (HDF5, ONNX, PyTorch, safetensors), or several files that together contain one.",
      valueName: "source"))
  var sources: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "model.sedge"))
  var output: String

  @OptionGroup(title: "Quantization") var quantization: QuantizationOptions

  @Option(
    help: ArgumentHelp(
      "A class list whose text features are stored: a JSON array of names, or one name per line, synonyms separated by \", \"; may be repeated.",
      valueName: "list"))
  var classes: [String] = []

  @Flag(
    help:
      "Omit the text encoder, as --parts without text; only the class lists of --classes can be used then."
  )
  var dropText = false

  @Flag(
    help:
      "Also convert a model that cannot encode class names: no prompts, no fitting vocabulary, or neither text encoder nor class list."
  )
  var allowNoClassNames = false

  @Option(
    help: ArgumentHelp(
      "Compression of payloads; raw payloads can be mapped into memory.", valueName: "raw|zstd"))
  var store: Storage = .zstd

  @Option(
    help: ArgumentHelp(
      "The default of early rejection, stored in the file: a number of classes, or all.",
      valueName: "k"))
  var topK: TopK = .best(8)

  @OptionGroup var overwrite: OverwriteOptions

  @Flag(help: "List every tensor: codec, bits, bytes, error, and the reason for storing it as floats.")
  var report = false

  @Flag(help: "Print the summary with every tensor as one JSON object.")
  var json = false

  @OptionGroup var source: SourceOptions

  @OptionGroup var preprocessing: StoredPreprocessingOption

  func validate() throws {
    try OutputFormat.sedge.check("--output", output)
    if let plan = quantization.writtenPlan { try OutputFormat.json.check("--plan", plan) }
    if quantization.writtenPlan == output { throw ValidationError("--plan \(output): is the output itself") }
    if quantization.calibrateLabels != nil, quantization.calibrateClasses == nil, classes.isEmpty {
      throw ValidationError(
        "--calibrate-labels: say with --calibrate-classes which class each value stands for")
    }
    if dropsText, classes.isEmpty, !allowNoClassNames {
      throw ValidationError(
        "\(dropText ? "--drop-text" : "--parts"): without its text encoder a model needs --classes, or --allow-no-class-names"
      )
    }
  }

  /// The files that are written, by option.
  private var outputs: [NamedOutput] {
    (quantization.writtenPlan.map { [("--plan", $0)] } ?? []) + [("--output", output)]
  }

  /// The files that are read, but for calibration pictures.
  private var inputs: [String] {
    sources + classes
      + [source.templates, source.vocabulary, quantization.readPlan, quantization.calibrateClasses]
      .compactMap(\.self)
  }

  private var dropsText: Bool { dropText || source.parts?.parts.contains(.text) == false }

  func run() throws {
    try checkOutputs(outputs, inputs: inputs)
    for (option, path) in outputs { try overwrite.check(option, path) }
    var options = try source.conversionOptions()
    options.resizing = preprocessing.preprocess
    try quantization.apply(to: &options) { text in if !json { printError("note: \(text)") } }
    try checkApart(outputs, from: options.calibration?.pictures.flatMap(\.files) ?? [])
    options.topK = topK.count
    options.classLists = try classes.map { (name: Self.listName($0), classes: try ClassList(file: $0)) }
    if let twice = Dictionary(grouping: options.classLists, by: \.name).first(where: { $0.value.count > 1 }) {
      throw OptionError("two class lists are named \(twice.key): rename one of the files")
    }
    options.dropsTextEncoder = dropsText
    options.allowsNoClassNames = allowNoClassNames
    options.storage = store == .raw ? .raw : .compressed

    let display = ProgressDisplay()
    let summary = try Conversion(sources: sources, options: options).run(output: output) { display.show($0) }
    display.clear()
    try quantization.writePlan(summary)
    printAssumed(HeaderReport(summary.header).hyperparameters)
    if json {
      try printJSON(ConversionReport(summary))
    } else {
      printText(summary)
    }
  }

  /// The file's name without folder and ending.
  private static func listName(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    for ending in [".json", ".txt", ".names"] where file.lowercased().hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }

  private func printText(_ summary: ConversionSummary) {
    let share = Double(summary.outputByteCount) / Double(max(summary.sourceByteCount, 1))
    print("\(output): \(summary.header.architecture.name), \(summary.requested)")
    print(
      "size     \(bytesText(summary.sourceByteCount)) to \(bytesText(summary.outputByteCount)) "
        + "(\(percentText(share, digits: 1))), \(figure((summary.bitsPerWeight * 100).rounded() / 100)) bits a weight, "
        + "\(countText(summary.elementCount)) weights")
    printFolds(summary)
    printFound(HeaderReport(summary.header).hyperparameters)
    QuantizationText(summary: summary, isWhole: report).printed()
    for note in summary.notes { printError("note: \(note)") }
  }

  /// What was found of the numbers that shapes do not determine.
  private func printFound(_ hyperparameters: [HyperparameterReport]) {
    for (index, found) in hyperparameters.filter({ $0.origin == "found" }).enumerated() {
      print(
        "\(index == 0 ? "found    " : "         ")\(found.nameAndValue): \(found.detail ?? "")")
    }
  }

  /// Says aloud what nothing confirms.
  private func printAssumed(_ hyperparameters: [HyperparameterReport]) {
    for assumed in hyperparameters where assumed.origin == "assumed" {
      printError(
        "assumed: \(assumed.nameAndValue) (\(assumed.detail ?? "")); a wrong number changes results and no shape shows it; set --\(assumed.name) or verify --golden"
      )
    }
  }

  private func printFolds(_ summary: ConversionSummary) {
    guard !summary.header.folds.isEmpty else {
      print("folds    none (--no-fold)")
      return
    }
    for kind in FoldRecord.Kind.allCases {
      let applied = summary.appliedFolds.filter { $0.kind == kind }
      guard !applied.isEmpty else { continue }
      let worst =
        applied.compactMap(\.certificate?.shareOfTolerance).max() ?? 0
      print(
        "folded   \(applied.count) \(kind.text): probes moved by at most \(percentText(worst, digits: 0)) of what rounding allows"
      )
    }
    for (obstacle, records) in Dictionary(grouping: summary.skippedFolds, by: { $0.obstacle ?? "" })
      .sorted(by: { $0.key < $1.key })
    {
      print("not      \(records.count) folded: \(obstacle)")
      for line in namePatterns(of: records.map(\.source)) { print("           \(line)") }
    }
  }
}

extension FoldRecord.Kind {
  /// What was folded, in words.
  var text: String {
    switch self {
    case .norm: "norms into the layers that read them"
    case .layerScale: "layer scales into the layers before them"
    case .pixelStatistics: "pixel mean and standard deviation into the stem"
    case .attentionScale: "attention scales into the queries"
    case .classBlock: "class blocks simplified for pooling 1"
    case .textFeatures: "division of text features by their length, which is 1"
    }
  }
}

extension FloatReason {
  /// The reason in words.
  var text: String {
    switch self {
    case .role: "biases, norms and the like, few and sensitive"
    case .depthwise: "depthwise filters, few and sensitive"
    case .small: "tensors of fewer than 1,024 weights"
    case .overflow: "values larger or smaller than what float16 holds"
    case .stem: "the stem, whose errors add up"
    case .proportion: "values too far apart in size for one step"
    }
  }
}

/// What `convert --json` prints.
struct ConversionReport: Encodable {
  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var role: String
    var codec: String
    var form: String?
    var parameters: Int
    var storedBytes: Int
    var bitsPerWeight: Double
    var zeroRows: Int?
    var relativeRmsError: Double
    var largestAbsoluteError: Double
    var importance: Double?
    var errorShare: Double?
    var floatReason: String?
  }

  struct Kind: Encodable {
    var name: String
    var tensors: Int
    var parameters: Int
    var storedBytes: Int
    var bitsPerWeight: Double
    var errorShare: Double?
  }

  var file: String
  var model: String
  var sourceBytes: Int
  var fileBytes: Int
  var parameters: Int
  var bitsPerWeight: Double
  var wish: String
  /// What calibration and claim were computed with; `nil` where nothing was.
  var kernels: String?
  var kinds: [Kind]
  var otherBytes: Int
  var notes: [String]
  var header: HeaderReport
  var architecture: ArchitectureReport
  var tensors: [Tensor]

  init(_ summary: ConversionSummary) throws {
    let record = summary.header.quantization
    kernels = record?.calibration == nil && record?.measuredQuality == nil ? nil : try KernelSet.chosen()
    file = summary.outputPath
    model = summary.header.architecture.name
    sourceBytes = summary.sourceByteCount
    fileBytes = summary.outputByteCount
    parameters = summary.elementCount
    bitsPerWeight = summary.bitsPerWeight
    notes = summary.notes
    header = HeaderReport(summary.header)
    architecture = ArchitectureReport(summary.header.architecture)
    wish = summary.requested
    kinds = summary.kinds.map {
      Kind(
        name: $0.kind.rawValue, tensors: $0.tensorCount, parameters: $0.elementCount,
        storedBytes: $0.storedByteCount, bitsPerWeight: $0.bitsPerWeight, errorShare: $0.errorShare)
    }
    otherBytes = summary.otherByteCount
    let forms = Dictionary(
      summary.plan.tensors.map { ($0.name, $0.form.description) }, uniquingKeysWith: { first, _ in first })
    tensors = summary.header.tensors.map {
      Tensor(
        name: $0.tensor.name, shape: $0.tensor.shape, role: $0.tensor.role.rawValue, codec: $0.codec.rawValue,
        form: forms[$0.tensor.name], parameters: $0.tensor.elementCount, storedBytes: $0.storedByteCount,
        bitsPerWeight: $0.bitsPerWeight, zeroRows: summary.zeroRowCounts[$0.tensor.name],
        relativeRmsError: $0.relativeRMSError, largestAbsoluteError: $0.largestAbsoluteError,
        importance: $0.importance, errorShare: $0.errorShare, floatReason: $0.floatReason?.rawValue)
    }
  }
}
