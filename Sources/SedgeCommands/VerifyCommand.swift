// sedge verify: does a .sedge file compute what it was made from?

import SedgeCompression
import ArgumentParser
import Sedge
import SedgeImages
import SedgeReport
import SedgeRunner
import SedgeTensor
import SedgeVerification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that a .sedge file computes what its source computes.",
    usage: """
      sedge verify <model.sedge> --against <source> [<options>]
      sedge verify <model.sedge> --golden <file.safetensors> [<options>]
      """,
    discussion: """
      --golden runs the model on recorded inputs and compares the results with those of the original \
      (Scripts/record_golden.py records them). --against compares every tensor with the source's, folded in the same \
      way, and runs both on pictures, the source unfolded. Exit code 0 if every figure is within its limit, 1 if one is \
      not. Limits depend on the file's codecs, bits and recorded quality; the report gives the origin of each.

      Limits (--threshold name=value): tensor-rms, relative RMS error of a tensor; tap-max, largest difference of \
      an intermediate result over its largest magnitude; tap-rms, its relative RMS error; score-max and score-rms, \
      largest and relative RMS difference of scores; margin, the largest difference of the source's scores at which two \
      labels count as equal; labels, least share of pixels with equal labels within the margin; kept-classes, least \
      share of classes that early rejection keeps on both sides.
      """)

  @Argument(help: "The .sedge file.", completion: .file(extensions: ["sedge"]))
  var model: String

  @Option(
    help: ArgumentHelp("Recorded inputs and activations; may be repeated.", valueName: "file.safetensors"),
    completion: .file())
  var golden: [String] = []

  @Option(
    help: ArgumentHelp(
      "The checkpoint that the file was made from; may be repeated for several sources.", valueName: "source"
    ), completion: .file())
  var against: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --against: a folder of pictures to run on. (default: built-in synthetic ones)",
      valueName: "folder"), completion: .directory)
  var images: String?

  @Option(
    help: ArgumentHelp(
      "With --against: the classes, \"a; b, synonym; c\" or a file. (default: the file's class list)",
      valueName: "classes"), completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "A limit instead of the default; may be repeated. Names: \(Thresholds.names.joined(separator: ", ")).",
      valueName: "name=value"))
  var threshold: [Threshold] = []

  @Flag(
    help:
      "With --against: do not compare hyperparameters in attributes, metadata and configuration files of the source with the file's."
  )
  var ignoreConfig = false

  @Flag(
    inversion: .prefixedNo,
    help:
      "With --against: measure the error that each layer makes by itself, and the error that has come together there. (default: --layers)"
  )
  var layers: Bool?

  @Flag(
    help:
      "With --against: measure what each layer's weights cost the result, by some dozens of runs on every picture."
  )
  var costs = false

  @Option(
    help: ArgumentHelp(
      "The number of layers that are run by themselves, the most expensive first; the others are estimated; implies --costs. (default: \(CostOptions().exactLayerCount))",
      valueName: "n"))
  var exactCosts: Int?

  @Option(
    help: ArgumentHelp(
      "The file to write a plan to, with which convert makes a better model of the same size; implies --costs.",
      valueName: "plan.json"))
  var suggest: String?

  @Option(
    help: ArgumentHelp(
      "With --suggest: the largest size of the file. (default: the size that it has)", valueName: "60MB"))
  var suggestSize: ByteSize?

  @OptionGroup var preprocessing: PreprocessingOption

  @OptionGroup var choice: PrefixOption

  @OptionGroup var options: ComputeOptions

  @OptionGroup var page: PageOptions

  @Flag(help: "Print all figures: each intermediate result of each run, all limits, all failures.")
  var verbose = false

  @OptionGroup(title: "Signature") var signature: SignatureOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  /// One `name=value`.
  struct Threshold: ExpressibleByArgument {
    var name: String
    var limit: Double

    init?(argument: String) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, Thresholds.names.contains(parts[0]), let limit = Double(parts[1]), limit >= 0
      else {
        return nil
      }
      (name, self.limit) = (parts[0], limit)
    }
  }

  func validate() throws {
    if golden.isEmpty, against.isEmpty, signature.key == nil {
      throw ValidationError("Give --golden, --against or --key: there is nothing to verify against.")
    }
    if against.isEmpty, images != nil || classes != nil || choice.prefix != nil {
      throw ValidationError("--images, --classes and --prefix go with --against.")
    }
    if against.isEmpty, measuresCosts { throw ValidationError("--costs and --suggest go with --against.") }
    if let suggest { try OutputFormat.json.check("--suggest", suggest) }
    if suggest == nil, suggestSize != nil { throw ValidationError("--suggest-size goes with --suggest.") }
    if let exactCosts, exactCosts < 0 { throw ValidationError("--exact-costs: expected 0 or more.") }
    if against.isEmpty, ignoreConfig { throw ValidationError("--ignore-config goes with --against.") }
    if against.isEmpty, layers != nil { throw ValidationError("--layers and --no-layers go with --against.") }
    for threshold in threshold where ["labels", "kept-classes"].contains(threshold.name) {
      guard threshold.limit <= 1 else {
        throw ValidationError("--threshold \(threshold.name): expected a share from 0 to 1")
      }
    }
    if golden.isEmpty, against.isEmpty { try checkNothingIsComputed() }
  }

  /// Makes sure that options of a comparison are not given where only a signature is checked.
  private func checkNothingIsComputed() throws {
    let given = [
      ("--threshold", !threshold.isEmpty), ("--preprocess", preprocessing.preprocess != nil),
      ("--compute", options.compute != .float32), ("--threads", options.threads != nil),
      ("--verbose", verbose),
    ].filter { $0.1 }.map { $0.0 }
    guard given.isEmpty else {
      throw ValidationError("\(given.joined(separator: ", ")): expected --golden or --against as well")
    }
  }

  /// The files that are written, by option.
  private var outputs: [NamedOutput] { page.outputs + (suggest.map { [("--suggest", $0)] } ?? []) }

  /// The files that are read, but for pictures.
  private var inputs: [String] {
    [model] + golden + against + signature.files(of: model)
      + [ClassList.file(option: classes)].compactMap(\.self)
  }

  private var measuresCosts: Bool { costs || exactCosts != nil || suggest != nil }

  private var costOptions: CostOptions? {
    guard measuresCosts else { return nil }
    var options = CostOptions()
    if let exactCosts { options.exactLayerCount = exactCosts }
    options.plansFormats = suggest != nil
    options.byteLimit = suggestSize?.byteCount
    return options
  }

  func run() throws {
    try checkOutputs(outputs, inputs: inputs)
    for (option, path) in outputs { try page.overwrite.check(option, path) }
    let signed = try signature.verify(model)
    if !json, let signed {
      print(OutputLine(lines: ["signature \(signed.signature) holds"] + signed.lines))
    }
    guard !golden.isEmpty || !against.isEmpty else {
      let result = try report([], signature: signed)
      try page.write(result)
      if json { try printJSON(result) }
      return
    }
    try options.noteSpeed()
    let overrides = Dictionary(threshold.map { ($0.name, $0.limit) }, uniquingKeysWith: { _, last in last })
    let verification = try Verification(
      model: model, overrides: overrides, compute: options.computation, resizing: preprocessing.preprocess)
    let classes = try classes.map { try ClassList(option: $0, areDistinct: verification.comparesLabels) }
    let pictures = against.isEmpty ? [] : try pictures()
    if let images { try checkApart(outputs, from: pictures.map { "\(images)/\($0.name)" }) }
    var sheet: PictureSheet?
    if page.html != nil {
      verification.observe = { run in
        if sheet == nil { sheet = PictureSheet(classNames: run.classNames) }
        try sheet?.add(ReportPicture(run))
      }
    }
    let display = ProgressDisplay()
    var reports: [VerificationReport] = []
    for golden in golden { reports.append(try verification.compare(golden: golden) { try display.show($0) }) }
    if !against.isEmpty {
      reports.append(
        try verification.compare(
          sources: against, prefix: choice.prefix, pictures: pictures, classes: classes,
          ignoresConfiguration: ignoreConfig, measuresLayers: layers ?? true, costs: costOptions
        ) { try display.show($0) })
    }
    display.clear()
    try writePlan(reports)
    let passes = reports.allSatisfy(\.passes)
    let names = Set(reports.flatMap(\.proven))
    let hyperparameters = verification.hyperparameters.map(HyperparameterReport.init)
    let proven = hyperparameters.filter { names.contains($0.name) }
    let notProven = hyperparameters.filter { !names.contains($0.name) }
    let result = try report(reports, proven: proven, notProven: notProven, signature: signed)
    // Without labels of pictures the page has none, and does not say that it lacks them.
    try page.write(result, pictures: sheet ?? PictureSheet(classNames: []))
    if json {
      try printJSON(result)
    } else {
      for report in reports where !report.skippedRuns.isEmpty {
        let names = report.skippedRuns.joined(separator: ", ")
        printError(
          "note: not run, for the model has no heads for early rejection, or another pooling: \(names)")
      }
      let text = VerificationText(
        reports: reports, thresholds: verification.thresholds, proven: proven, notProven: notProven,
        provesByRecording: !golden.isEmpty, arithmetic: options.compute.rawValue,
        kernels: try options.computation.kernelSet(), planRequest: planRequest(reports, verification))
      print(OutputLine(lines: verbose ? text.all : text.summary))
    }
    if !passes { throw ExitCode(1) }
  }

  /// Writes the plan where it was asked for and there is one.
  private func writePlan(_ reports: [VerificationReport]) throws {
    guard let suggest else { return }
    guard let plan = reports.compactMap({ $0.costs?.plan }).first else {
      let least = reports.compactMap { $0.costs?.leastPlanByteCount }.first
      let reason =
        least.map { "no formats make a file of that size, the least is \(bytesText($0))" }
        ?? "no other formats are better"
      printError("note: \(suggest) was not written: \(reason)")
      return
    }
    let bytes = Array(QuantizationPlan(plan).json.utf8)
    unsafe try OutputFile.write(bytes.span.bytes, to: suggest)
  }

  /// What is told of the plan where one was asked for.
  private func planRequest(
    _ reports: [VerificationReport], _ verification: Verification
  ) -> PlanRequest? {
    suggest.map { path in
      let planned = reports.flatMap { $0.costs?.plan?.forms ?? [] }.map(\.name)
      return PlanRequest(
        path: path, fileByteCount: verification.fileByteCount,
        command: PlannedConversion(
          verification.header, sources: against, plan: path, planned: Set(planned)))
    }
  }

  private func report(
    _ reports: [VerificationReport], proven: [HyperparameterReport] = [],
    notProven: [HyperparameterReport] = [], signature: SignatureJSON?
  ) throws -> VerificationJSON {
    var report = try VerificationJSON(reports, proven: proven, notProven: notProven, options.computation)
    report.signature = signature
    let byteCount = FileSystem.byteCount(ofFile: model)
    for index in report.reports.indices {
      report.reports[index].modelBytes = byteCount
      report.reports[index].costs?.plan?.file = suggest
    }
    return report
  }

  private func pictures() throws -> [NamedImage] {
    guard let images else {
      if !json {
        printError("note: no --images given, running on built-in synthetic pictures")
        if measuresCosts {
          printError(
            "note: costs\(suggest == nil ? "" : " and the plan") are those of synthetic pictures, on which more labels change and other layers matter than on yours: give pictures of your task with --images"
          )
        }
      }
      return SyntheticPicture.all
    }
    let folder = try PictureFolder(path: images)
    let names = try folder.requirePictures()
    if !json, let note = folder.skippedFilesNote() { printError("note: \(note)") }
    return try names.map { NamedImage(name: $0, image: try RGBImage(demandingMemoryFor: "\(images)/\($0)")) }
  }
}
