// sedge convert: a checkpoint to a .sedge file.

import SedgeQuantization
import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeEvaluation
import SedgeOperators
import SedgeTensor
import SedgeTokenizer

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint into one compact, self-contained .sedge file.",
    usage: """
      sedge convert <source> ... --output <model.sedge> [<options>]
             sedge convert --batch <list.json> [<options>]
      """,
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
  var sources: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "model.sedge"),
    completion: .file())
  var output: String?

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

  @Flag(
    help:
      "Do nothing if the output was made by this version from the same sources with the same options; another file is still an error."
  )
  var skipExisting = false

  @Flag(help: "Estimate size, time and memory, and write nothing.")
  var dryRun = false

  @OptionGroup(title: "Several conversions") var batch: BatchOptions

  @Flag(help: "List every tensor: codec, bits, bytes, error, and the reason for storing it as floats.")
  var report = false

  @Flag(help: "Print the summary with every tensor as one JSON object.")
  var json = false

  @OptionGroup var source: SourceOptions

  @OptionGroup var preprocessing: StoredPreprocessingOption

  func validate() throws {
    if batch.list != nil {
      guard sources.isEmpty, output == nil else {
        throw ValidationError("--batch: sources and outputs are in the list")
      }
      let others = ConversionBatch.foreignOptions(in: Console.current.arguments)
      guard others.isEmpty else {
        throw ValidationError(
          "--batch: \(others.joined(separator: ", ")) \(others.count == 1 ? "is an option" : "are options") of single conversions, expected in the list: \"options\" applies to all"
        )
      }
      return
    }
    guard !sources.isEmpty else { throw ValidationError("Missing expected argument '<source> ...'") }
    guard let output else { throw ValidationError("Missing expected argument '--output <model.sedge>'") }
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
  var outputs: [NamedOutput] {
    (quantization.writtenPlan.map { [("--plan", $0)] } ?? []) + (output.map { [("--output", $0)] } ?? [])
  }

  /// The files that are read, but for calibration pictures.
  var inputs: [String] {
    sources + classes
      + [source.templates, source.vocabulary, quantization.readPlan, quantization.calibrateClasses]
      .compactMap(\.self)
  }

  private var dropsText: Bool { dropText || source.parts?.parts.contains(.text) == false }

  func run() throws {
    if let list = batch.list { return try ConversionBatch(list, of: self).run() }
    let display = ProgressDisplay()
    let outcome = try outcome(note: { if !json { printError("note: \($0)") } }, progress: display.show)
    display.clear()
    switch outcome {
    case .converted(let summary):
      let text = ConversionText(summary: summary, isWhole: report)
      for assumption in text.assumptions { printError("assumed: \(assumption)") }
      if json {
        try printJSON(ConversionJSON(summary), inputs: summary.header.inputsJSON)
      } else {
        text.printed()
      }
    case .skipped(let path):
      if json {
        try printJSON(SkippedConversionJSON(file: path))
      } else {
        print("\(path): skipped, is what this conversion would make")
      }
    case .estimated(let path, let estimate):
      let report = ConversionEstimateJSON(estimate, path: path)
      if json { try printJSON(report) } else { report.printed() }
    }
  }

  /// What became of a conversion.
  enum Outcome {
    case converted(ConversionSummary)
    case skipped(path: String)
    case estimated(path: String, ConversionEstimate)
  }

  /// Converts, unless the output is there already or an estimate is all that is wanted.
  func outcome(
    note: (String) -> Void, progress: @escaping ProgressHandler
  ) throws -> Outcome {
    guard let output else { preconditionFailure("an output was asked for") }
    try checkOutputs(outputs, inputs: inputs)
    if !skipExisting, !dryRun { for (option, path) in outputs { try overwrite.check(option, path) } }
    let options = try conversionOptions(note: note)
    try checkApart(outputs, from: options.calibration?.pictures.flatMap(\.files) ?? [])
    let conversion = try Conversion(sources: sources, options: options)
    if skipExisting, try isMade(by: conversion, output) { return .skipped(path: output) }
    if dryRun { return .estimated(path: output, try conversion.estimate(progress: progress)) }
    let summary = try conversion.run(output: output, progress: progress)
    try quantization.writePlan(summary)
    return .converted(summary)
  }

  /// Whether the outputs are there and are what a conversion would make.
  ///
  /// - Throws: `OptionError` where one is there and is something else, unless it may be replaced.
  private func isMade(by conversion: Conversion, _ output: String) throws -> Bool {
    let missing = outputs.filter { FileSystem.kind(of: $0.path) != .file }
    guard missing.count < outputs.count else { return false }
    var reasons = missing.map { "\($0.option) \($0.path) is missing" }
    if FileSystem.kind(of: output) == .file {
      do {
        reasons += try conversion.differences(fromFile: output).map(\.text)
        if missing.isEmpty, let plan = quantization.writtenPlan,
          try !conversion.isPlan(plan, ofFile: output)
        {
          reasons.append("--plan \(plan) is no plan of this file")
        }
      } catch let error as FormatError where error.path == output {
        reasons.append(
          FormatError(error.kind, tensor: error.tensor, byteOffset: error.byteOffset).description)
      }
    }
    if reasons.isEmpty { return true }
    if overwrite.force { return false }
    throw OptionError(
      "--output \(output): exists, and is not what this conversion would make: \(reasons.joined(separator: "; ")); give --force to replace it, or another path"
    )
  }

  /// The options, read from files where they are in files, which are recorded as they are before they are read.
  private func conversionOptions(note: (String) -> Void) throws -> ConversionOptions {
    var recorded = try classes.map { try ConversionInput(option: "classes", path: $0) }
    recorded += try source.recordedInputs()
    for (option, path) in [
      ("plan", quantization.readPlan), ("calibrate-classes", quantization.calibrateClasses),
    ] {
      if let path { recorded.append(try ConversionInput(option: option, path: path)) }
    }
    var options = try source.conversionOptions()
    options.resizing = preprocessing.preprocess
    try quantization.apply(to: &options, note: note)
    let pictures = options.calibration?.pictures ?? []
    for (option, paths) in [
      ("calibrate", pictures.compactMap(\.files.first)),
      ("calibrate-labels", pictures.flatMap { $0.files.dropFirst() }),
    ] where !paths.isEmpty {
      recorded.append(try ConversionInput(option: option, set: paths))
    }
    options.inputs = recorded
    options.topK = topK.count
    options.classLists = try classes.map { (name: Self.listName($0), classes: try ClassList(file: $0)) }
    if let twice = Dictionary(grouping: options.classLists, by: \.name).first(where: { $0.value.count > 1 }) {
      throw OptionError("two class lists are named \(twice.key): rename one of the files")
    }
    options.dropsTextEncoder = dropsText
    options.allowsNoClassNames = allowNoClassNames
    options.storage = store == .raw ? .raw : .compressed
    return options
  }

  /// The same command with the paths of a list file.
  ///
  /// - Parameter place: The path for a path in the list.
  func placed(_ place: (String) -> String) -> ConvertCommand {
    var command = self
    command.sources = sources.map(place)
    command.output = output.map(place)
    command.classes = classes.map(place)
    command.source.templates = source.templates.map(place)
    command.source.vocabulary = source.vocabulary.map(place)
    command.quantization.plan = quantization.plan.map(place)
    command.quantization.calibrate = quantization.calibrate.map(place)
    command.quantization.calibrateLabels = quantization.calibrateLabels.map(place)
    command.quantization.calibrateClasses = quantization.calibrateClasses.map(place)
    return command
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
