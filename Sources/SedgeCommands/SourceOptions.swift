// Options that say what is taken of a checkpoint and how pictures and class names are prepared for it.

import ArgumentParser
import Sedge

/// What ``ConversionOptions`` has beside the form of weights and what is stored with them.
struct SourceOptions: ParsableArguments {
  @Flag(name: .customLong("no-fold"), help: "Fold nothing.")
  var noFold = false

  @Option(
    help: ArgumentHelp(
      "The parts to convert: image,text extracts CLIP from SED; without rejection all classes are kept. (default: all parts)",
      valueName: "image,text,decoder,rejection"))
  var parts: PartList?

  @Option(
    help: ArgumentHelp(
      "Prompt templates: a JSON array of texts with one {} each. (default: CLIP's 80 for ImageNet)",
      valueName: "list.json"), completion: .file())
  var templates: String?

  @Option(
    help: ArgumentHelp("Merges of another vocabulary, plain or .gz. (default: CLIP's)", valueName: "file"),
    completion: .file())
  var vocabulary: String?

  @Flag(help: "Omit tensors that the model does not have, instead of refusing the file.")
  var ignoreUnexpected = false

  @Option(
    help: ArgumentHelp(
      "Side of the resized picture, a multiple of 32, of a vision transformer's patch. (default: as found, or 768 for SED, the published one for CLIP)",
      valueName: "pixels"))
  var resolution: Int?

  @Option(
    help: ArgumentHelp("Side of CAT-Seg's sliding windows. (default: 384)", valueName: "pixels"))
  var slidingWindow: Int?

  @Option(
    help: ArgumentHelp(
      "The logarithm of CLIP's factor of cosines. (default: the checkpoint's)", valueName: "number"))
  var logitScale: Float?

  @Option(
    help: ArgumentHelp("Mean of each channel, 0 to 255. (default: as found, or CLIP's)", valueName: "r,g,b"))
  var pixelMean: RGBTriple?

  @Option(
    help: ArgumentHelp(
      "Standard deviation of each channel. (default: as found, or CLIP's)", valueName: "r,g,b"))
  var pixelStd: RGBTriple?

  @OptionGroup var model: ModelOptions

  func validate() throws {
    for (name, side) in [("--resolution", resolution), ("--sliding-window", slidingWindow)] {
      if let side, !(8...8192).contains(side) {
        throw ValidationError("\(name) \(side): expected 8 to 8192 pixels")
      }
    }
    if let pixelStd, !pixelStd.values.allSatisfy({ $0 > 0 }) {
      throw ValidationError("--pixel-std: expected numbers above 0")
    }
    if let logitScale, !(abs(logitScale) <= 20) {
      throw ValidationError("--logit-scale: expected a logarithm, at most 20")
    }
  }

  /// The files of these options, as they are before they are read.
  func recordedInputs() throws -> [ConversionInput] {
    try [("templates", templates), ("vocabulary", vocabulary)].compactMap { option, path in
      try path.map { try ConversionInput(option: option, path: $0) }
    }
  }

  /// What the options say of the model's dimensions.
  var architectureOptions: ArchitectureOptions {
    var options = model.options
    if let parts { options.parts = parts.parts }
    return options
  }

  /// The options, read from files where they are in files.
  func conversionOptions() throws -> ConversionOptions {
    var options = ConversionOptions()
    options.folding = !noFold
    options.architecture = architectureOptions
    options.resolution = resolution
    options.slidingWindow = slidingWindow
    options.logitScale = logitScale
    if let pixelMean { options.pixelMean = pixelMean.values }
    if let pixelStd { options.pixelStandardDeviation = pixelStd.values }
    options.templates = try templates.map { try PromptTemplates(jsonFile: $0) }
    options.vocabularyPath = vocabulary
    options.ignoresUnexpected = ignoreUnexpected
    return options
  }
}
