// sedge sweep: what does each form of a model cost?

import ArgumentParser
import Sedge
import SedgeEvaluation
import SedgePlot
import SedgeReport
import SedgeRunner
import SedgeTensor
import SedgeVerification

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Measure the cost of quantization, in bytes and in errors.",
    usage: "sedge sweep <source> ... --images <folder> [<options>]",
    discussion: """
      Converts a source to several weight formats, runs each on pictures with all classes kept, and compares labels and \
      scores with those of the source, unfolded and in float32; with --labels also with ground truth. Formats are those \
      of convert; FORMAT+cal, calibrated; auto@FORMAT, no larger than FORMAT with bits chosen for each tensor; and rtn2 \
      to rtn16, the round-to-nearest baseline: matrices in so many bits, row by row, all else in float32. Files are \
      removed after measuring unless --keep is given.

      Intervals are of 95 %, by the paired bootstrap over pictures; forms whose mIoUs are not distinguishable are marked as \
      ties. Exit code 3 if some pictures could not be used.
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint (HDF5, ONNX, PyTorch, safetensors), or several files that together contain one.",
      valueName: "source"), completion: .file())
  var sources: [String]

  @Option(
    help: ArgumentHelp(
      "A folder of pictures: PNG, JPEG, WebP, TIFF, BMP.", valueName: "folder"), completion: .directory)
  var images: String

  @Option(
    help: ArgumentHelp(
      "A folder of label maps: a PNG or TIFF of one channel for each picture, whose values index the classes; 255, or 65535 of 16 bits, is no class.",
      valueName: "folder"), completion: .directory)
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "The classes: \"a; b, synonym; c\", or a file. (default: ten everyday names)",
      valueName: "classes"), completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "The weight formats, separated by commas. (default: \(SweepVariant.usual.map(\.name).joined(separator: ", ")))",
      valueName: "forms"))
  var forms: FormList?

  @Option(
    help: ArgumentHelp(
      "A folder of calibration pictures, other than those of --images. It adds to the default formats \(SweepVariant.usualCalibrated.map(\.name).joined(separator: ", ")).",
      valueName: "folder"), completion: .directory)
  var calibrate: String?

  @Option(
    help: ArgumentHelp(
      "A further file to measure, such as one with another program's weights, and its size in that program; may be repeated. NAME may be SERIES/NAME.",
      valueName: "name=file.sedge[:bytes]"))
  var beside: [Beside] = []

  @Option(
    help: ArgumentHelp("Write a chart of sizes and errors.", valueName: "file.svg"), completion: .file())
  var plot: String?

  @Option(
    help: ArgumentHelp("Keep the converted files in this folder.", valueName: "folder"),
    completion: .directory)
  var keep: String?

  @Flag(help: "End at the first picture that cannot be used.")
  var strict = false

  @OptionGroup var source: SourceOptions

  @OptionGroup var preprocessing: StoredPreprocessingOption

  @OptionGroup var options: ComputeOptions

  @OptionGroup var page: PageOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  /// What stands behind `--forms`.
  struct FormList: ExpressibleByArgument {
    var forms: [SweepVariant]

    init?(argument: String) {
      let names = argument.split(separator: ",", omittingEmptySubsequences: false)
      forms = names.compactMap { SweepVariant(name: $0.filter { $0 != " " }) }
      guard forms.count == names.count, Set(forms).count == forms.count else { return nil }
    }
  }

  /// What stands behind `--beside`.
  struct Beside: ExpressibleByArgument {
    var series: String
    var name: String
    var path: String
    var byteCount: Int?

    init?(argument: String) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      let names = parts[0].split(separator: "/", maxSplits: 1).map(String.init)
      guard let series = names.first, let name = names.last else { return nil }
      (self.series, self.name, path) = (series, name, parts[1])
      if let colon = path.lastIndex(of: ":"), let count = Int(path[path.index(after: colon)...]) {
        guard count > 0, colon > path.startIndex else { return nil }
        (path, byteCount) = (String(path[..<colon]), count)
      }
    }
  }

  func validate() throws {
    if calibrate == nil, let form = forms?.forms.first(where: \.isCalibrated) {
      throw ValidationError("--forms \(form.name): say with --calibrate which pictures to calibrate with.")
    }
    if source.parts?.parts.contains(.text) == false {
      throw ValidationError("--parts: class names cannot be encoded without text")
    }
    if let plot { try OutputFormat.svg.check("--plot", plot) }
    if labels != nil, classes == nil {
      throw ValidationError("--labels: say with --classes which class each value stands for.")
    }
  }

  private var measuredForms: [SweepVariant] {
    forms?.forms ?? SweepVariant.usual + (calibrate == nil ? [] : SweepVariant.usualCalibrated)
  }

  /// The files that are read, but for pictures.
  private var inputs: [String] {
    sources + beside.map(\.path)
      + [ClassList.file(option: classes), source.templates, source.vocabulary].compactMap(\.self)
  }

  func run() throws {
    let outputs: [NamedOutput] =
      (plot.map { [("--plot", $0)] } ?? []) + page.outputs
      + (keep.map { keep in measuredForms.map { ("--keep", "\(keep)/\($0.name).sedge") } } ?? [])
    try checkOutputs(outputs, inputs: inputs)
    try page.check(inputs: inputs)
    let note = { (text: String) in if !json { printError("note: \(text)") } }
    let pictures = try testPictures(inFolder: images, labelsFolder: labels, note: note)
    try checkApart(outputs, from: pictures.flatMap(\.files))
    let classes =
      try classes.map { try ClassList(option: $0, areDistinct: true) }
      ?? ClassList(names: Verification.defaultClasses)
    if self.classes == nil, !json { printError("note: no --classes given, looking for ten everyday things") }
    let display = ProgressDisplay()
    var recorded = try source.recordedInputs()
    var options = try source.conversionOptions()
    options.resizing = preprocessing.preprocess
    if let calibrate {
      let pictures = try testPictures(inFolder: calibrate, note: note)
      try checkApart(outputs, from: pictures.flatMap(\.files))
      options.calibration = CalibrationOptions(pictures: pictures, classes: classes)
      if let path = ClassList.file(option: self.classes) {
        recorded.append(try ConversionInput(option: "calibrate-classes", path: path))
      }
      recorded.append(
        try ConversionInput(option: "calibrate", set: pictures.compactMap(\.files.first)))
    }
    options.inputs = recorded
    try self.options.noteSpeed()
    let sweep = try Sweep(
      sources: sources, options: options, pictures: pictures, classes: classes,
      compute: self.options.computation, isStrict: strict
    ) { try display.show($0) }
    display.clear()
    for failure in sweep.reference.failures { printError("sedge: \(failure.error)") }
    for text in sweep.reference.notes { note(text) }
    var entries: [Sweep.Entry] = []
    for form in measuredForms {
      let file = TemporaryFile("\(form.name).sedge")
      entries.append(
        try sweep.measure(form, output: keep.map { "\($0)/\(form.name).sedge" } ?? file.path) {
          try display.show($0)
        })
    }
    for item in beside {
      entries.append(
        try sweep.measure(
          file: item.path, series: item.series, name: item.name, weightByteCount: item.byteCount
        ) { try display.show($0) })
    }
    display.clear()
    let report = try SweepReport(sweep, sources: sources, entries: entries, self.options.computation)
    if let plot {
      unsafe try OutputFile.write(Array(report.chart.svg().utf8).span.bytes, to: plot)
    }
    try page.write(report)
    if json { try printJSON(report) } else { report.printed() }
    if !report.failures.isEmpty { throw ExitCode(CommandExit.someInputsUnusable) }
  }
}
