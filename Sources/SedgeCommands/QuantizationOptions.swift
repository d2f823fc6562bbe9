// The options that say how weights are quantized.

public import ArgumentParser
package import Sedge
import SedgeQuantization
import SedgeTensor
import SedgeTokenizer

/// How weights are stored: a form for all, or bits chosen for each.
enum Quantization: ExpressibleByArgument, Hashable {
  case form(WeightFormat)
  case auto

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let form = WeightFormat(rawValue: argument) {
      self = .form(form)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { WeightFormat.allCases.map(\.rawValue) + ["auto"] }

  var defaultValueDescription: String {
    switch self {
    case .form(let form): form.rawValue
    case .auto: "auto"
    }
  }
}

/// A share such as 0.5% or 0.005.
struct Share: ExpressibleByArgument {
  var value: Double

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
    value = isPercent ? number / 100 : number
    guard value > 0, value < 1 else { return nil }
  }
}

/// A size such as 60MB, 1.5 GB or 800000 bytes; units are powers of 1000.
struct ByteSize: ExpressibleByArgument {
  var byteCount: Int

  init?(argument: String) {
    let units: [(String, Double)] = [("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1)]
    let (suffix, factor) = units.first { argument.hasSuffix($0.0) } ?? ("", 1)
    let digits = argument.dropLast(suffix.count).filter { $0 != " " }
    guard let number = Double(String(digits)), number > 0, number * factor < 1e15 else { return nil }
    byteCount = Int(number * factor)
  }
}

extension TensorRule: ExpressibleByArgument {
  /// Reads `regex=form`.
  package init?(argument: String) { self.init(argument) }
}

struct QuantizationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The weight format; auto chooses the bits of each tensor for a budget, which is one of the --max options.",
      valueName: "f32|lossless|f16|int8|int6|int5|int4|int3|int2|auto"))
  var quantize: Quantization = .form(.f32)

  @Option(
    help: ArgumentHelp("With auto: the largest share of changed labels, measured.", valueName: "0.5%"))
  var maxLabelChange: Share?

  @Option(
    help: ArgumentHelp("With auto: the largest relative RMS error of scores, measured.", valueName: "0.02")
  )
  var maxRms: Share?

  @Option(
    help: ArgumentHelp(
      "With auto: the largest drop of mIoU, measured on calibration pictures with label maps.",
      valueName: "0.5%"))
  var maxMiouDrop: Share?

  @Option(help: ArgumentHelp("With auto: the largest size of the file.", valueName: "60MB"))
  var maxSize: ByteSize?

  @Option(
    help: ArgumentHelp(
      "A folder of calibration pictures: weights are rounded for small errors of the layers' outputs. auto always calibrates, without this option on synthetic pictures.",
      valueName: "folder"), completion: .directory)
  var calibrate: String?

  @Option(
    help: ArgumentHelp(
      "With --max-miou-drop: a folder of label maps of the calibration pictures, a PNG or TIFF of one channel for each, whose values index the classes.",
      valueName: "folder"), completion: .directory)
  var calibrateLabels: String?

  @Option(
    help: ArgumentHelp(
      "The classes of the calibration pictures, a JSON array. (default: the first of --classes, or ten everyday ones)",
      valueName: "list.json"), completion: .file())
  var calibrateClasses: String?

  @Option(
    help: ArgumentHelp(
      "The format of tensors whose names match, such as 'visual.*fc1=int4' or 'head=f16'; may be repeated, the last match counts.",
      valueName: "regex=form"))
  var tensor: [TensorRule] = []

  @Option(
    help: ArgumentHelp(
      "With auto: the file to write the format of each tensor to. Otherwise: the file to read formats from, edited or not.",
      valueName: "plan.json"), completion: .file())
  var plan: String?

  func validate() throws {
    let budgets = [maxLabelChange != nil, maxRms != nil, maxMiouDrop != nil, maxSize != nil]
      .filter { $0 }.count
    if quantize == .auto {
      guard budgets == 1 else {
        throw ValidationError(
          "--quantize auto: expected one of --max-label-change, --max-miou-drop, --max-rms and --max-size")
      }
    } else if budgets > 0 {
      throw ValidationError("a budget (--max-...) is for --quantize auto")
    }
    if maxMiouDrop != nil, calibrate == nil || calibrateLabels == nil {
      throw ValidationError(
        "--max-miou-drop: give pictures with --calibrate and their label maps with --calibrate-labels")
    }
    if calibrateLabels != nil, maxMiouDrop == nil {
      throw ValidationError("--calibrate-labels is for --max-miou-drop")
    }
    if calibrateClasses != nil, calibrate == nil, quantize != .auto {
      throw ValidationError("--calibrate-classes is for --calibrate or --quantize auto")
    }
  }

  /// The budget, with auto.
  private var budget: QuantizationBudget? {
    maxLabelChange.map { .labelChange($0.value) } ?? maxRms.map { .scoreRMS($0.value) }
      ?? maxMiouDrop.map { .meanIoUDrop($0.value) } ?? maxSize.map { .fileSize($0.byteCount) }
  }

  /// Puts the wishes where the conversion looks for them.
  ///
  /// - Parameter note: Takes what is to be told of the pictures.
  func apply(to options: inout ConversionOptions, note: (String) -> Void) throws {
    if case .form(let form) = quantize { options.quantization = form } else { options.quantization = .int4 }
    options.budget = budget
    options.tensorRules = tensor
    options.plan = try readPlan.map { try QuantizationPlan(path: $0) }
    if let readPlan, options.plan?.lacksChecksum == true {
      note("\(readPlan) has no checksum; damage to it would not be found")
    }
    guard calibrate != nil || calibrateClasses != nil else { return }
    var calibration = CalibrationOptions()
    if let calibrate {
      calibration.pictures = try testPictures(
        inFolder: calibrate, labelsFolder: calibrateLabels, note: note)
    }
    calibration.classes = try calibrateClasses.map { try ClassList(file: $0) }
    options.calibration = calibration
  }

  /// The plan that is read; `nil` where none is.
  var readPlan: String? { quantize == .auto ? nil : plan }

  /// Where a plan is to be written; `nil` where none is.
  var writtenPlan: String? { quantize == .auto ? plan : nil }

  /// Writes the plan where it was asked for.
  func writePlan(_ summary: ConversionSummary) throws {
    guard let writtenPlan else { return }
    unsafe try OutputFile.write(Array(summary.plan.json.utf8).span.bytes, to: writtenPlan)
  }
}
