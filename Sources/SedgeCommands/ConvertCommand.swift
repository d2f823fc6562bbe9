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
    usage: "sedge convert <source> ... --output <model.sedge> [<options>]",
    discussion: """
      Checks every tensor against the architecture, folds norms and scales with a certificate for each, and encodes the \
      weights. The file contains everything that is needed to run the model: weights, preprocessing, tokenizer, prompts, \
      class lists. It appears whole or not at all; the same input and options give the same bytes.
      """)

  enum Storage: String, ExpressibleByArgument, CaseIterable { case raw, zstd }

  @Argument(
    help: ArgumentHelp(
      "A checkpoint (HDF5, ONNX, PyTorch, safetensors), or several files that together contain one.",
      valueName: "source"), completion: .file())
  var sources: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "model.sedge"),
    completion: .file())
  var output: String

  @OptionGroup(title: "Quantization") var quantization: QuantizationOptions

  @Option(
    help: ArgumentHelp(
      "A class list whose text features are stored: a JSON array of names, or one name per line, synonyms separated by \", \"; may be repeated.",
      valueName: "list"), completion: .file())
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
    let text = ConversionText(summary: summary, isWhole: report)
    text.printAssumed()
    if json {
      try printJSON(ConversionJSON(summary))
    } else {
      text.printed()
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
}
