// sedge segment: a picture and class names to a label map.

import ArgumentParser
import Sedge
import SedgeRunner

struct SegmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Segment a picture into classes given by name.",
    discussion:
      "Prints the share of each class; --output, --labels and --dump write overlay, label map and activations."
  )

  @Argument(help: "The .sedge file.")
  var model: String

  @Argument(help: "A picture: PNG, JPEG, WebP, TIFF or BMP.")
  var image: String

  @Option(
    help: ArgumentHelp(
      "The classes: \"a; b, synonym; c\", or a file with a JSON array of names or one name per line. (default: the file's class list)",
      valueName: "classes"))
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "Early rejection: keep the classes among the k best of any pixel; all keeps every class. (default: the file's)",
      valueName: "k"))
  var topK: TopK?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write an overlay: the picture with coloured classes and a legend.", valueName: "overlay.png"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Write the label map: class indices as gray values of 8 or 16 bits.", valueName: "labels.png"))
  var labels: String?

  @Option(help: ArgumentHelp("Write every intermediate result.", valueName: "taps.safetensors"))
  var dump: String?

  @OptionGroup var preprocessing: PreprocessingOption

  @OptionGroup var textCache: TextCacheOptions

  @OptionGroup var options: ComputeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    for (option, path) in outputs {
      try (option == "--dump" ? OutputFormat.safetensors : .png).check(option, path)
    }
    let outputs = outputs.map(\.path)
    if Set(outputs).count < outputs.count {
      throw ValidationError("--output, --labels and --dump: expected a path of its own for each")
    }
  }

  /// What is to be written, by option.
  private var outputs: [(option: String, path: String)] {
    [("--output", output), ("--labels", labels), ("--dump", dump)].compactMap { option, path in
      path.map { (option, $0) }
    }
  }

  /// Makes sure, before any work, that every file can be written and none is an input.
  private func checkOutputs() throws {
    try checkDistinct(outputs)
    for (option, path) in outputs { try checkOutput(option, path, inputs: inputs) }
  }

  private var inputs: [String] {
    [model, image] + [textCachePath, ClassList.file(option: classes)].compactMap(\.self)
  }
  private var textCachePath: String? { dump == nil ? textCache.path(besideModel: model) : nil }

  func run() throws {
    try checkOutputs()
    let picture = try RGBImage(path: image)
    let model = try SedgeModel(
      path: model, compute: options.computation, textCachePath: textCachePath,
      resizing: preprocessing.preprocess)
    _ = try Segmenter(model)
    let list = try ClassList(option: classes, or: model, areDistinct: true)
    let names = list.classes.map(\.name)
    let k = try topK(model, classCount: names.count)
    let display = ProgressDisplay()
    let features = try model.textFeatures(of: list, display: display)
    display.show(.running("the model"))
    let taps = dump == nil ? nil : Taps()
    let segmentation = try model.segment(picture, textFeatures: features, topK: k, taps: taps)
    display.clear()
    if let labels { try segmentation.labelMap.writePNG(to: labels) }
    if let output {
      try Overlay().draw(segmentation.labelMap, on: picture, classes: names).writePNG(to: output)
    }
    if let dump, let taps { try taps.write(to: dump, textFeatures: features, labels: segmentation) }
    try printResult(segmentation, names: names, k: k, model)
  }

  private func topK(_ model: SedgeModel, classCount: Int) throws -> Int? {
    guard let topK else {
      return model.defaultTopK.flatMap { $0 < classCount ? $0 : nil }
    }
    if let k = topK.count, model.file.architecture.decoder?.hasRejectionHeads != true {
      throw OptionError("--top-k \(k): \(self.model) has no heads for early rejection; use all")
    }
    if let k = topK.count, k > classCount {
      throw OptionError("--top-k \(k): there are \(classCount) classes; use at most \(classCount), or all")
    }
    return topK.count
  }

  private func printResult(_ segmentation: Segmentation, names: [String], k: Int?, _ model: SedgeModel) throws
  {
    let shares = segmentation.shares(of: names.count)
    if json {
      try printJSON(SegmentationReport(self, segmentation, names: names, shares: shares, k: k, model))
      return
    }
    var table = TextTable([("share", .right), ("class", .left)])
    for (index, share) in shares.enumerated().sorted(by: { ($1.element, $0.offset) < ($0.element, $1.offset) }
    )
    where share > 0 {
      table.add([percentText(share), names[index]])
    }
    table.printed()
    if k != nil {
      print("early rejection kept \(segmentation.classes.count) of \(names.count) classes")
    }
  }
}

/// What `segment --json` prints.
struct SegmentationReport: Encodable {
  struct Class: Encodable {
    var label: Int
    var name: String
    var share: Double
    var kept: Bool
  }

  var model: String
  var image: String
  var width: Int
  var height: Int
  var topK: Int?
  var preprocess: String
  var compute: String
  var kernels: String
  var classes: [Class]
  var overlay: String?
  var labels: String?
  var dump: String?

  init(
    _ command: SegmentCommand, _ segmentation: Segmentation, names: [String], shares: [Double], k: Int?,
    _ model: SedgeModel
  ) throws {
    preprocess = model.resizing.rawValue
    compute = command.options.compute.rawValue
    kernels = try command.options.computation.kernelSet()
    self.model = command.model
    image = command.image
    width = segmentation.width
    height = segmentation.height
    topK = k
    classes = names.indices.map {
      Class(label: $0, name: names[$0], share: shares[$0], kept: segmentation.classes.contains($0))
    }
    overlay = command.output
    labels = command.labels
    dump = command.dump
  }
}
