// sedge verify: does a .sedge file compute what it was made from?

import SedgeCompression
import ArgumentParser
import Sedge
import SedgeImages
import SedgeRunner
import SedgeTensor
import SedgeVerification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that a .sedge file computes what its source computes.",
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

  @Argument(help: "The .sedge file.")
  var model: String

  @Option(
    help: ArgumentHelp("Recorded inputs and activations; may be repeated.", valueName: "file.safetensors"))
  var golden: [String] = []

  @Option(
    help: ArgumentHelp(
      "The checkpoint that the file was made from; may be repeated for several sources.", valueName: "source"
    ))
  var against: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --against: a folder of pictures to run on. (default: built-in synthetic ones)",
      valueName: "folder"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "With --against: the classes, \"a; b, synonym; c\" or a file. (default: the file's class list)",
      valueName: "classes"))
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

  @OptionGroup var preprocessing: PreprocessingOption

  @OptionGroup var choice: PrefixOption

  @OptionGroup var options: ComputeOptions

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
    if golden.isEmpty, against.isEmpty {
      throw ValidationError("Give --golden, --against or both: there is nothing to verify against.")
    }
    if against.isEmpty, images != nil || classes != nil || choice.prefix != nil {
      throw ValidationError("--images, --classes and --prefix go with --against.")
    }
    if against.isEmpty, ignoreConfig { throw ValidationError("--ignore-config goes with --against.") }
  }

  func run() throws {
    let overrides = Dictionary(threshold.map { ($0.name, $0.limit) }, uniquingKeysWith: { _, last in last })
    let verification = try Verification(
      model: model, overrides: overrides, compute: options.computation, resizing: preprocessing.preprocess)
    let classes = try classes.map { try ClassList(option: $0, areDistinct: verification.comparesLabels) }
    let pictures = against.isEmpty ? [] : try pictures()
    let display = ProgressDisplay()
    var reports: [VerificationReport] = []
    for golden in golden { reports.append(try verification.compare(golden: golden) { display.show($0) }) }
    if !against.isEmpty {
      reports.append(
        try verification.compare(
          sources: against, prefix: choice.prefix, pictures: pictures, classes: classes,
          ignoresConfiguration: ignoreConfig
        ) { display.show($0) })
    }
    display.clear()
    let passes = reports.allSatisfy(\.passes)
    let names = Set(reports.flatMap(\.proven))
    let hyperparameters = verification.hyperparameters.map(HyperparameterReport.init)
    let proven = hyperparameters.filter { names.contains($0.name) }
    let notProven = hyperparameters.filter { !names.contains($0.name) }
    if json {
      try printJSON(
        VerificationJSON(reports, proven: proven, notProven: notProven, options.computation))
    } else {
      for report in reports { printText(report) }
      printHyperparameters(proven: proven, notProven: notProven)
      print("computed in \(options.compute.rawValue) by the kernels \(try options.computation.kernelSet())\n")
      printLimits(verification.thresholds)
      print(passes ? "PASS" : "FAIL")
    }
    if !passes { throw ExitCode(1) }
  }

  private func pictures() throws -> [NamedImage] {
    guard let images else {
      if !json { printError("note: no --images given, running on built-in synthetic pictures") }
      return SyntheticPicture.all
    }
    let folder = try PictureFolder(path: images)
    let names = try folder.requirePictures()
    if !json, let note = folder.skippedFilesNote() { printError("note: \(note)") }
    return try names.map { NamedImage(name: $0, image: try RGBImage(path: "\(images)/\($0)")) }
  }

  private func printText(_ report: VerificationReport) {
    print("\(report.model) against \(report.reference)")
    if !report.skippedRuns.isEmpty {
      printError(
        "note: not run, for the model has no heads for early rejection: \(report.skippedRuns.joined(separator: ", "))"
      )
    }
    if !report.notRecorded.isEmpty {
      print("not recorded, so not compared: \(report.notRecorded.joined(separator: ", "))")
    }
    if !report.tensors.isEmpty {
      let worst = report.tensors.sorted { $0.deviation.relativeRMS > $1.deviation.relativeRMS }
      let exact = report.tensors.count { $0.deviation.largestAbsolute == 0 }
      if exact == report.tensors.count {
        print("\n\(exact) tensors, all of them exact")
      } else {
        print("\n\(report.tensors.count) tensors, \(exact) of them exact; the worst:")
        var table = Self.table("tensor")
        for tensor in worst.prefix(5) { table.add(Self.row(tensor.name, tensor.deviation)) }
        table.printed()
      }
    }
    for run in report.runs {
      print("\n\(run.name)")
      var table = Self.table("result")
      for tap in run.taps {
        table.add(
          tap.deviation.map { Self.row(tap.name, $0) }
            ?? [tap.name, "not comparable: other classes were kept", "", "", "", ""])
      }
      table.printed()
      let output = run.output
      let labels = output.equalLabels.flatMap { equal in
        output.equalLabelsWithinMargin.map { within in
          "labels equal \(percentText(equal, digits: 3)), within a margin of "
            + "\(figure(report.thresholds.margin)) \(percentText(within, digits: 3))"
        }
      }
      let parts: [String?] = [
        labels ?? "labels not recorded",
        output.largestScoreDifference.map { "; scores differ by at most \(figure($0))" },
        output.scoreRMSDifference.map { ", RMS \(figure($0))" },
        output.relativeScoreRMS.map {
          " (\(percentText(min($0, 1e9), digits: 3)) of theirs\(floorText(run, report)))"
        },
        output.keptClasses.isEmpty
          ? nil
          : "; classes kept by both \(output.keptClasses.map { percentText($0, digits: 1) }.joined(separator: ", "))",
      ]
      print("\(parts.compactMap(\.self).joined())")
    }
    print("")
    for failure in report.failures { print("out of tolerance: \(failure)") }
  }

  /// What the comparisons have shown of the numbers that shapes do not determine.
  private func printHyperparameters(proven: [HyperparameterReport], notProven: [HyperparameterReport]) {
    if !proven.isEmpty { print("proven: \(proven.map(\.text).joined(separator: "; "))") }
    if !notProven.isEmpty {
      let reason =
        against.isEmpty
        ? "nothing that is recorded depends on them, or it is out of tolerance"
        : "--against computes both sides with them; --golden proves them"
      print("not proven: \(notProven.map(\.text).joined(separator: "; ")) (\(reason))")
    }
    if !proven.isEmpty || !notProven.isEmpty { print("") }
  }

  /// What small scores are judged over.
  private func floorText(_ run: RunComparison, _ report: VerificationReport) -> String {
    guard let floor = report.scoreFloor(of: run), let judged = report.judgedScoreRMS(of: run) else {
      return ""
    }
    return
      "; nearly no class was found: judged as \(percentText(judged, digits: 3)) of the floor \(figure(floor))"
  }

  private func printLimits(_ thresholds: Thresholds) {
    var table = TextTable([("limit", .left), ("value", .right), ("from", .left)])
    for name in Thresholds.names {
      guard let limit = thresholds[name] else { continue }
      table.add([name, limit == .infinity ? "none" : figure(limit), thresholds.origins[name] ?? ""])
    }
    table.printed()
    print("")
  }

  private static func table(_ title: String) -> TextTable {
    TextTable([
      (title, .left), ("largest error", .right), ("of magnitude", .right), ("relative RMS", .right),
      ("SQNR dB", .right), ("cosine", .right),
    ])
  }

  private static func row(_ name: String, _ deviation: Deviation) -> [String] {
    [
      name, figure(deviation.largestAbsolute), figure(deviation.largestRelativeToMagnitude),
      figure(deviation.relativeRMS),
      deviation.signalToNoiseRatio.isFinite
        ? figure((deviation.signalToNoiseRatio * 10).rounded() / 10)
        : deviation.relativeRMS == 0 ? "exact" : "-",
      figure((deviation.cosine * 1e5).rounded() / 1e5),
    ]
  }
}

/// What `verify --json` prints.
struct VerificationJSON: Encodable {
  struct Report: Encodable {
    var model: String
    var reference: String
    var passes: Bool
    var failures: [String]
    var thresholds: [String: Double]
    var thresholdOrigins: [String: String]
    var tensors: [Tensor]
    var runs: [Run]
    var skippedRuns: [String]
    var notRecorded: [String]
  }

  struct Figures: Encodable {
    var largestAbsoluteError: Double
    var largestMagnitude: Double
    var relativeRmsError: Double
    var sqnrDb: Double
    var cosine: Double

    init(_ deviation: Deviation) {
      largestAbsoluteError = deviation.largestAbsolute
      largestMagnitude = deviation.largestMagnitude
      relativeRmsError = deviation.relativeRMS
      sqnrDb = deviation.signalToNoiseRatio
      cosine = deviation.cosine
    }
  }

  struct Tensor: Encodable {
    var name: String
    var codec: String
    var figures: Figures
    var limit: Double
    var limitOrigin: String
  }

  struct Tap: Encodable {
    var name: String
    var figures: Figures?
  }

  struct Run: Encodable {
    var name: String
    var taps: [Tap]
    var equalLabels: Double?
    var equalLabelsWithinMargin: Double?
    var largestScoreDifference: Double?
    var scoreRmsDifference: Double?
    var relativeScoreRms: Double?
    var scoreFloor: Double?
    var keptClasses: [Double]
  }

  var passes: Bool
  var compute: String
  var kernels: String
  var proven: [HyperparameterReport]
  var notProven: [HyperparameterReport]
  var reports: [Report]

  init(
    _ reports: [VerificationReport], proven: [HyperparameterReport], notProven: [HyperparameterReport],
    _ computation: Compute
  ) throws {
    compute = computation.arithmetic.rawValue
    kernels = try computation.kernelSet()
    passes = reports.allSatisfy(\.passes)
    self.proven = proven
    self.notProven = notProven
    self.reports = reports.map { report in
      Report(
        model: report.model, reference: report.reference, passes: report.passes, failures: report.failures,
        thresholds: Dictionary(
          Thresholds.names.map { (snakeCase($0), report.thresholds[$0] ?? 0) },
          uniquingKeysWith: { first, _ in first }),
        thresholdOrigins: Dictionary(
          report.thresholds.origins.map { (snakeCase($0.key), $0.value) },
          uniquingKeysWith: { first, _ in first }),
        tensors: report.tensors.map {
          Tensor(
            name: $0.name, codec: $0.codec, figures: Figures($0.deviation), limit: $0.limit.value,
            limitOrigin: $0.limit.origin)
        },
        runs: report.runs.map { run in
          Run(
            name: run.name,
            taps: run.taps.map { Tap(name: $0.name, figures: $0.deviation.map(Figures.init)) },
            equalLabels: run.output.equalLabels, equalLabelsWithinMargin: run.output.equalLabelsWithinMargin,
            largestScoreDifference: run.output.largestScoreDifference,
            scoreRmsDifference: run.output.scoreRMSDifference, relativeScoreRms: run.output.relativeScoreRMS,
            scoreFloor: report.scoreFloor(of: run), keptClasses: run.output.keptClasses)
        }, skippedRuns: report.skippedRuns, notRecorded: report.notRecorded)
    }
  }
}
