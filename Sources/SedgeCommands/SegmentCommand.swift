// sedge segment: pictures and class names to label maps.

import ArgumentParser
import Sedge
import SedgeImages
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

struct SegmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Segment pictures into classes given by name.",
    usage: "sedge segment <model.sedge> <image> ... [<options>]",
    discussion: """
      Prints the share of each class; --output, --labels, --heat-output and --dump write overlay, label map, \
      probabilities and activations. The model is loaded once for all pictures. Names of outputs may contain {stem}, \
      {name} or {index} of the picture, and must with several; folders of such names are made.

      Exit code 3 where some of several pictures could not be used; the others are segmented.
      """
  )

  @Argument(help: "The .sedge file.", completion: .file(extensions: ["sedge"]))
  var model: String

  @Argument(
    help: ArgumentHelp(
      "A picture: PNG, JPEG, WebP, TIFF or BMP; a folder of pictures; - for a list on standard input.",
      valueName: "image"), completion: .file())
  var images: [String] = []

  @Option(
    help: ArgumentHelp("A list of further pictures, a path a line; - for standard input.", valueName: "file"),
    completion: .file())
  var list: String?

  @Option(
    help: ArgumentHelp(
      "The classes: \"a; b, synonym; c\", or a file with a JSON array of names or one name per line. (default: the file's class list)",
      valueName: "classes"), completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "Early rejection: keep the classes among the k best of any pixel; all keeps every class. (default: the file's)",
      valueName: "k"))
  var topK: TopK?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write an overlay: the picture with coloured classes and a legend.", valueName: "overlay.png"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Write the label map: class indices as gray values of 8 or 16 bits.", valueName: "labels.png"),
    completion: .file())
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Write label maps with a palette, whose indices are the classes: sedge, the overlay's colours; voc, PASCAL VOC's.",
      valueName: "colours"))
  var palette: LabelPalette?

  @Option(
    help: ArgumentHelp(
      "A class whose heat map is written; may be repeated. (default with --heat-output: every class)",
      valueName: "class"))
  var heat: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write heat maps: 255 times the probability, as indices of a palette. {class} and {label} name the class.",
      valueName: "heat.png"), completion: .file())
  var heatOutput: String?

  @Option(
    help: ArgumentHelp("Write every intermediate result.", valueName: "taps.safetensors"), completion: .file()
  )
  var dump: String?

  @OptionGroup var preprocessing: PreprocessingOption

  @OptionGroup var textCache: TextCacheOptions

  @OptionGroup var options: ComputeOptions

  @Flag(help: "End at the first picture that cannot be used.")
  var strict = false

  @Flag(help: "Print one JSON object; with several pictures one on a line for each.")
  var json = false

  /// What stands behind `--palette`.
  enum LabelPalette: String, ExpressibleByArgument, CaseIterable {
    case sedge, voc

    var colors: [RGBColor] { self == .voc ? Palette.vocColors : Palette.colors }
  }

  func validate() throws {
    guard !images.isEmpty || list != nil else {
      throw ValidationError("expected a picture, a folder of pictures, or --list")
    }
    for (option, pattern) in patterns.given {
      try (option == "--dump" ? OutputFormat.safetensors : .png).check(option, pattern.text)
    }
    let outputs = patterns.given.map(\.pattern.text)
    if Set(outputs).count < outputs.count {
      throw ValidationError("--output, --labels and --dump: expected a path of its own for each")
    }
    if !heat.isEmpty, heatOutput == nil {
      throw ValidationError("--heat: expected --heat-output, which names the file")
    }
    if palette != nil, labels == nil {
      throw ValidationError("--palette: expected --labels, which names the file")
    }
  }

  private var patterns: SegmentOutputs.Patterns {
    SegmentOutputs.Patterns(
      overlay: output.map(OutputPattern.init), labels: labels.map(OutputPattern.init),
      dump: dump.map(OutputPattern.init), heat: heatOutput.map(OutputPattern.init))
  }

  private var inputs: [String] {
    [model] + [textCachePath, ClassList.file(option: classes), list].compactMap(\.self)
  }
  private var textCachePath: String? { dump == nil ? textCache.path(besideModel: model) : nil }

  func run() throws {
    let pictures = try PictureList(images, list: list) { printError("note: \($0)") }
    var withoutHeat = patterns
    withoutHeat.heat = nil
    try SegmentOutputs(withoutHeat, pictures: pictures, heatClasses: []).check(inputs: inputs)
    let decoded = Lookahead(pictures.paths.count) {
      [paths = pictures.paths, host = MemoryHost.current] index in
      // Pictures are read in threads of their own, which ask as this one does.
      try MemoryHost.$current.withValue(host) { try RGBImage(demandingMemoryFor: paths[index]) }
    }
    var next = decoded.next()
    if pictures.isOne { _ = try next?.get() }
    try options.noteSpeed()
    let model = try SedgeModel(
      path: model, compute: options.computation, textCachePath: textCachePath,
      resizing: preprocessing.preprocess)
    let list = try ClassList(option: classes, or: model, areDistinct: true)
    if let note = Self.noteOnSelection(of: model, classCount: list.classes.count) {
      printError("note: \(note)")
    }
    let heatClasses = try heatClasses(of: list)
    let outputs = try SegmentOutputs(patterns, pictures: pictures, heatClasses: heatClasses)
    if heatOutput != nil { try outputs.check(inputs: inputs) }
    let display = ProgressDisplay()
    let work = SegmentationWork(
      command: self, model: model, names: list.classes.map(\.name), heatLabels: heatClasses.map(\.index),
      topK: try topK(model, classCount: list.classes.count),
      textFeatures: try model.textFeatures(of: list, display: display))
    var failureCount = 0
    for (index, path) in pictures.paths.enumerated() {
      try display.show(
        .running(pictures.isOne ? "the model" : "picture \(index + 1) of \(pictures.paths.count)"))
      do {
        guard let picture = try next?.get() else { break }
        let report = try work.run(on: picture, path: path, writing: outputs.paths[index])
        display.clear()
        try work.printResult(report, isOne: pictures.isOne, isFirst: index == failureCount)
      } catch let error where !pictures.isOne && !strict && work.isFault(of: error) {
        display.clear()
        failureCount += 1
        try work.printFailure(error, path: path)
      }
      next = decoded.next()
    }
    guard failureCount == 0 else {
      printError("sedge: \(failureCount) of \(pictures.paths.count) pictures could not be used")
      throw ExitCode(CommandExit.someInputsUnusable)
    }
  }

  /// What is to be told of more classes than a model of CAT-Seg looks at; `nil` where there are none.
  static func noteOnSelection(of model: SedgeModel, classCount: Int) -> String? {
    guard let length = model.file.architecture.aggregation?.classLength, classCount > length else {
      return nil
    }
    return selectionText(classCount: classCount, length: length)
  }

  /// What CAT-Seg does with more classes than its class attention sees.
  static func selectionText(classCount: Int, length: Int) -> String {
    "of \(classCount) classes each window looks at the \(length) with the highest cosine at any pixel; the others get the lowest score there"
  }

  /// The classes of heat maps, by their first names and indices.
  private func heatClasses(of list: ClassList) throws -> [(name: String, index: Int)] {
    guard heatOutput != nil else { return [] }
    let classes = list.classes.enumerated().map { (name: $0.element.synonyms[0], index: $0.offset) }
    if heat.isEmpty { return classes }
    return try heat.map { name in
      let wanted = try ClassList(literal: name).classes.map(\.name)
      guard wanted.count == 1,
        let index = list.classes.firstIndex(where: { $0.name == wanted[0] })
          ?? list.classes.firstIndex(where: { $0.synonyms.contains(wanted[0]) })
      else {
        throw OptionError("--heat \(name): is none of the classes, expected one such as \(classes[0].name)")
      }
      return classes[index]
    }
  }

  private func topK(_ model: SedgeModel, classCount: Int) throws -> Int? {
    if let palette, classCount > palette.colors.count {
      throw OptionError("--palette \(palette.rawValue): has 256 colours, there are \(classCount) classes")
    }
    guard let topK else {
      return model.defaultTopK.flatMap { $0 < classCount ? $0 : nil }
    }
    if let k = topK.count, !model.file.architecture.hasRejectionHeads {
      throw OptionError("--top-k \(k): \(self.model) has no heads for early rejection; use all")
    }
    if let k = topK.count, k > classCount {
      throw OptionError("--top-k \(k): there are \(classCount) classes; use at most \(classCount), or all")
    }
    return topK.count
  }
}
