// sedge classify: a picture and class names to probabilities.

import ArgumentParser
import Sedge
import SedgeRunner

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Compute the probability of each class for a picture, with CLIP alone.",
    usage: "sedge classify <model.sedge> <image> [<options>]",
    discussion: """
      Zero-shot classification as in OpenCLIP: the centre square of the picture, the average over the prompts of a \
      class, cosine times logit scale, softmax. SED is refused; sedge convert --parts image,text extracts its CLIP.
      """)

  @Argument(help: "The .sedge file.", completion: .file(extensions: ["sedge"]))
  var model: String

  @Argument(help: "A picture: PNG, JPEG, WebP, TIFF or BMP.", completion: .file())
  var image: String

  @Option(
    help: ArgumentHelp(
      "The classes: \"a; b, synonym; c\", or a file with a JSON array of names or one name per line. (default: the file's class list)",
      valueName: "classes"), completion: .file())
  var classes: String?

  @Option(help: ArgumentHelp("Print only the n most probable classes.", valueName: "n"))
  var best: Int?

  @Option(
    help: ArgumentHelp("Write every intermediate result.", valueName: "taps.safetensors"), completion: .file()
  )
  var dump: String?

  @OptionGroup var textCache: TextCacheOptions

  @OptionGroup var options: ComputeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let dump { try OutputFormat.safetensors.check("--dump", dump) }
    if let best, best < 1 { throw ValidationError("--best \(best): expected a number above 0") }
  }

  private var textCachePath: String? { dump == nil ? textCache.path(besideModel: model) : nil }

  func run() throws {
    if let dump {
      try checkOutputs(
        [("--dump", dump)], inputs: [model, image] + [ClassList.file(option: classes)].compactMap(\.self))
    }
    let picture = try RGBImage(demandingMemoryFor: image)
    try options.noteSpeed()
    let model = try SedgeModel(
      path: model, compute: options.computation, textCachePath: textCachePath)
    _ = try ImageClassifier(model)
    let list = try ClassList(option: classes, or: model, areDistinct: false)
    let display = ProgressDisplay()
    let features = try model.textFeatures(of: list, display: display)
    try display.show(.running("the model"))
    let taps = dump == nil ? nil : Taps()
    let classification = try model.classify(picture, textFeatures: features, taps: taps)
    display.clear()
    if let dump, let taps { try taps.write(to: dump, textFeatures: features, labels: nil) }
    try printResult(classification, names: list.classes.map(\.name))
  }

  private func printResult(_ classification: Classification, names: [String]) throws {
    let ranked = classification.probabilities.enumerated()
      .sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(best ?? names.count)
    if json {
      let classes = ranked.map {
        ClassificationReport.Class(label: $0.offset, name: names[$0.offset], probability: $0.element)
      }
      try printJSON(
        ClassificationReport(
          model: model, image: image, compute: options.compute.rawValue,
          kernels: options.computation.kernelSet(), classes: classes, dump: dump))
      return
    }
    var table = TextTable([("probability", .right), ("class", .left)])
    for (index, probability) in ranked { table.add([percentText(Double(probability)), names[index]]) }
    table.printed()
  }
}

/// What `classify --json` prints; the most probable class comes first.
struct ClassificationReport: JSONReport {
  static let kind = ReportKind.classify

  struct Class: Encodable {
    var label: Int
    var name: String
    var probability: Float
  }

  var model: String
  var image: String
  var compute: String
  var kernels: String
  var classes: [Class]
  var dump: String?
}
