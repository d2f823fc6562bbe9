// Options that say of a checkpoint what its shapes do not.

import SedgeTokenizer
public import ArgumentParser
package import Sedge
import SedgeArchitecture
import SedgeTensor

/// Hyperparameters that leave no trace in shapes.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Heads of the class attention. (default: as found, or 4)",
      valueName: "n"))
  var heads: Int?

  @Option(
    help: ArgumentHelp(
      "Heads of the text encoder. (default: as found, or one for every 64 channels)", valueName: "n"))
  var textHeads: Int?

  @Option(
    help: ArgumentHelp(
      "Heads of a vision transformer. (default: as found, or the published model's)", valueName: "n"))
  var imageHeads: Int?

  @Option(
    help: ArgumentHelp(
      "1 for QuickGELU in CLIP with a vision transformer, 0 for GELU. (default: as found, or 0; 1 for CAT-Seg)",
      valueName: "0|1"))
  var quickGelu: Int?

  @Option(
    help: ArgumentHelp(
      "Classes that CAT-Seg's class attention sees. (default: as found, or 256)", valueName: "n"))
  var classLength: Int?

  @Option(help: ArgumentHelp("Pooling before class attention. (default: as found, or 1)", valueName: "n"))
  var pooling: Int?

  @Option(
    help: ArgumentHelp(
      "Epsilon of the image encoder's norms. (default: as found, or 1e-6; 1e-5 for convnext_xxlarge and vision transformers)",
      valueName: "number"))
  var normEps: Float?

  @Flag(help: "Ignore values of these options in attributes, metadata and configuration files.")
  var ignoreConfig = false

  @OptionGroup var choice: PrefixOption

  var options: ArchitectureOptions {
    var options = ArchitectureOptions(
      heads: heads, textHeads: textHeads, pooling: pooling, normEpsilon: normEps, prefix: choice.prefix)
    options.imageHeads = imageHeads
    options.quickGELU = quickGelu.map { $0 == 1 }
    options.classLength = classLength
    options.ignoresConfiguration = ignoreConfig
    return options
  }

  func validate() throws {
    for (name, value) in [
      ("--heads", heads), ("--text-heads", textHeads), ("--image-heads", imageHeads), ("--pooling", pooling),
      ("--class-length", classLength),
    ] {
      if let value, !(1...4096).contains(value) {
        throw ValidationError("\(name) \(value): expected a number from 1 to 4096")
      }
    }
    if let quickGelu, !(0...1).contains(quickGelu) {
      throw ValidationError("--quick-gelu \(quickGelu): expected 0 or 1")
    }
    if let normEps, !(normEps > 0 && normEps < 1) {
      throw ValidationError("--norm-eps \(normEps): expected a number above 0 and below 1")
    }
  }
}

/// Which of several models in a file is meant.
struct PrefixOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The prefix of the model's names, such as model_ema, in a file with several models.",
      valueName: "name"))
  var prefix: String?
}

/// Parts of a model, separated by commas, the image encoder among them.
struct PartList: ExpressibleByArgument, Hashable {
  var parts: Set<ModelPart>

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    parts = Set(names.compactMap { ModelPart(rawValue: $0.filter { $0 != " " }) })
    let isSound =
      parts.count == names.count && parts.contains(.image)
      && (parts.contains(.decoder) || !parts.contains(.rejection))
    if !isSound { return nil }
  }
}

/// Three numbers, one a channel of RGB.
struct RGBTriple: ExpressibleByArgument, Hashable {
  var values: [Float]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Float($0.filter { $0 != " " }) }
    guard values.count == 3, parts.count == 3, values.allSatisfy(\.isFinite) else { return nil }
    self.values = values
  }
}

/// How many classes early rejection keeps at each pixel.
enum TopK: ExpressibleByArgument, Hashable {
  case all
  case best(Int)

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let k = Int(argument), k > 0 {
      self = .best(k)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { count.map(String.init) ?? "all" }

  /// `nil` for all.
  var count: Int? {
    switch self {
    case .all: nil
    case .best(let k): k
    }
  }
}

extension WeightFormat: ExpressibleByArgument {}

extension ClassList {
  /// The file that stands behind `--classes`, where it is one.
  static func file(option text: String?) -> String? {
    if let text, case .file(let path) = ClassListArgument(text) { path } else { nil }
  }

  /// Takes what stands behind `--classes`, or the model's own first list where nothing does.
  init(option text: String?, or model: SedgeModel, areDistinct: Bool) throws {
    if let text {
      try self.init(option: text, areDistinct: areDistinct)
    } else if let list = model.file.header.classLists.first {
      try self.init(names: list.classNames)
    } else {
      throw OptionError(
        "\(model.file.path): has no class list of its own; say what to look for with --classes")
    }
  }

  /// Takes what stands behind `--classes`: a file's path or the classes themselves; notes what may not have been meant.
  ///
  /// - Parameter areDistinct: Whether no two classes may have one name.
  init(option text: String, areDistinct: Bool) throws {
    do throws(FormatError) {
      try self.init(argument: text)
      if areDistinct { try checkDistinctNames() }
    } catch {
      throw error.path == nil ? FormatError(error.kind, path: Self.place(of: text)) : error
    }
    for doubt in doubts(of: text) { printError("note: --classes: \(doubt)") }
    if case .literal = ClassListArgument(text), FileSystem.kind(of: text) == .file {
      printError(
        "note: --classes: \(text) is taken as a class; a file of this name is there, ./\(text) would read it")
    }
  }

  private static func place(of text: String) -> String {
    if case .file(let path) = ClassListArgument(text) { path } else { "--classes" }
  }
}
