// What a sweep found, as JSON and as tables.

import SedgeTensor
import Sedge
import SedgeArchitecture
import SedgeCompression
import SedgeEvaluation
import SedgeRunner
import SedgeVerification

/// What `sweep --json` prints.
struct SweepReport: JSONReport {
  static let kind = ReportKind.sweep

  struct Form: Encodable {
    var series: String
    var name: String
    var fileBytes: Int?
    var storedBytes: Int
    var storedBitsPerWeight: Double
    var labelChange: Double
    var labelChangeInterval: Interval?
    var worstLabelChange: Double
    var meanScoreError: Double
    var scoreRms: Double
    var largestScoreError: Double
    var medianSeconds: Double
    var preprocess: String?
    var storedTextFeatures: Bool
    var meanIou: Double?
    var pixelAccuracy: Double?
    var figures: [Figure: Double]?
    var intervals: [Figure: Interval]?
    /// Two of one letter have mIoUs that are not distinguishable.
    var ties: String?
    /// Less the source's.
    var differences: [Figure: Difference]?

    init(_ entry: Sweep.Entry, _ found: SweepComparison.Figures, isClassifier: Bool) {
      (series, name) = (entry.series, entry.name)
      fileBytes = entry.fileByteCount
      storedBytes = entry.weightByteCount
      storedBitsPerWeight = entry.bitsPerWeight
      labelChange = entry.error.labelChange
      labelChangeInterval = found.labelChangeInterval
      worstLabelChange = entry.error.worstLabelChange
      meanScoreError = entry.error.meanScoreError
      scoreRms = entry.error.scoreRMS
      largestScoreError = entry.error.largestScoreError
      medianSeconds = entry.measurement.medianSeconds
      preprocess = isClassifier ? nil : entry.resizing.rawValue
      storedTextFeatures = entry.storesFeatures
      (meanIou, pixelAccuracy, figures) = (found.figures?.miou, found.figures?.pacc, found.values)
      guard figures != nil else { return }
      (intervals, ties) = (found.intervals, found.letters)
      differences = found.differences.mapValues(Difference.init)
    }
  }

  /// The source; figures are by the ground truth.
  struct Source: Encodable {
    var meanIou: Double?
    var pixelAccuracy: Double?
    var figures: [Figure: Double]?
    var intervals: [Figure: Interval]?
    var ties: String?
    var medianSeconds: Double

    init(_ found: SweepComparison.Figures, medianSeconds: Double) {
      self.medianSeconds = medianSeconds
      (meanIou, pixelAccuracy, figures) = (found.figures?.miou, found.figures?.pacc, found.values)
      if figures != nil { (intervals, ties) = (found.intervals, found.letters) }
    }
  }

  /// A figure less the source's.
  struct Difference: Encodable {
    var difference: Double
    var interval: Interval?
    var isDistinguishable: Bool

    init(_ found: EvaluationResult.FigureDifference) {
      (difference, interval) = (found.difference, found.interval)
      isDistinguishable = found.isDistinguishable
    }
  }

  var model: String
  var sources: [String]
  var pictures: Int
  var pixels: Int
  var classes: Int
  var preprocess: String?
  var compute: String
  var kernels: String
  var source: Source
  var forms: [Form]
  /// Pictures that could not be used.
  var failures: [EvaluationResult.Failure]

  init(_ sweep: Sweep, sources: [String], entries: [Sweep.Entry], _ computation: Compute) throws {
    let reference = sweep.reference
    let isClassifier = reference.architecture.segmenter == nil
    compute = computation.arithmetic.rawValue
    kernels = try computation.kernelSet()
    model = reference.architecture.name
    self.sources = sources
    (pictures, pixels) = (reference.source.pictureCount, reference.source.pixelCount)
    classes = reference.classes.classes.count
    preprocess = isClassifier ? nil : reference.origin.preprocessing.resizing.rawValue
    let comparison = try SweepComparison(reference, entries)
    source = Source(comparison.source, medianSeconds: reference.sourceMeasurement.medianSeconds)
    forms = zip(entries, comparison.forms).map { Form($0, $1, isClassifier: isClassifier) }
    failures = reference.failures
  }

  /// What the pictures and the classes are.
  var extent: String {
    "\(pictureText), \(countText(classes)) class\(classes == 1 ? "" : "es")"
      + (preprocess.map { ", preprocessing \($0)" } ?? "")
  }

  private var pictureText: String { "\(countText(pictures)) picture\(pictures == 1 ? "" : "s")" }

  // MARK: Table

  /// Prints what the forms are worth first, then sizes and errors, then figures by the ground truth.
  func printed() {
    print("\(model): \(extent), against the source in float32")
    if hasIntervals {
      printVerdicts()
    } else {
      print("no intervals: \(pictureText), \(ResampledFigure.leastPictureCount) needed")
    }
    print("")
    let hasBare = forms.contains { $0.fileBytes == nil }
    var table = TextTable([
      ("form", .left), ("bytes", .right), ("bits/weight", .right), ("labels changed", .whole),
      ("worst picture", .right), ("score error", .right), ("seconds", .right),
    ])
    table.add(["source", "", "", "", "", "", decimalText(source.medianSeconds, digits: 3)])
    for form in forms {
      table.add([
        name(of: form), bytes(of: form), decimalText(form.storedBitsPerWeight, digits: 2),
        percentText(form.labelChange) + text(form.labelChangeInterval, digits: 2),
        percentText(form.worstLabelChange), figure(form.scoreRms),
        decimalText(form.medianSeconds, digits: 3),
      ])
    }
    table.printed()
    printAccuracy()
    print("")
    if hasBare { print("*: the weights alone, no file") }
    print("score error: root mean square over that of the source's scores, all classes kept")
    print("seconds: median of a picture; computed in \(compute) by the kernels \(kernels)")
    for form in forms where form.preprocess != preprocess {
      print(
        "\(name(of: form)): preprocessing \(form.preprocess ?? ""), the file's own")
    }
  }

  /// The size of the file, or of the weights where there is none.
  private func bytes(of form: Form) -> String {
    form.fileBytes.map(bytesText) ?? "\(bytesText(form.storedBytes))*"
  }

  /// The figures by the ground truth.
  private func printAccuracy() {
    guard source.meanIou != nil else { return }
    print("")
    var table = TextTable(
      [("form", .left), ("mIoU %", .whole)] + (hasIntervals ? [("ties", .whole)] : []) + [
        ("less the source's", .whole), ("mACC", .right), ("fwIoU", .right), ("pACC", .right),
      ])
    table.add(row("source", source.figures, source.intervals, source.ties, nil))
    for form in forms {
      table.add(row(name(of: form), form.figures, form.intervals, form.ties, form.differences?[.miou]))
    }
    table.printed()
    guard hasIntervals else { return }
    print("\nties, forms with a letter in common: mIoU not distinguishable with \(pictureText)")
  }

  /// Whether the pictures are enough to say how certain a figure is.
  private var hasIntervals: Bool { pictures >= ResampledFigure.leastPictureCount }

  private func row(
    _ name: String, _ figures: [Figure: Double]?, _ intervals: [Figure: Interval]?, _ ties: String?,
    _ difference: Difference?
  ) -> [String] {
    let percent = { (figure: Figure) in decimalText(100 * (figures?[figure] ?? 0), digits: 2) }
    return [
      name, percent(.miou) + text(intervals?[.miou], digits: 1),
    ] + (hasIntervals ? [ties ?? ""] : []) + [
      difference.map { decimalText(100 * $0.difference, digits: 2) + text($0.interval, digits: 2) } ?? "",
      percent(.macc), percent(.fwiou), percent(.pacc),
    ]
  }

  /// Which forms differ from the source, in words, and the smallest of those that do not.
  private func printVerdicts() {
    let differences = forms.map { (form: $0, found: $0.differences?[.miou]) }
    for (text, isMember) in [
      ("not distinguishable from the source with \(pictureText)", { !$0.isDistinguishable }),
      ("less than the source's", { $0.isDistinguishable && $0.difference < 0 }),
      ("more than the source's", { $0.isDistinguishable && $0.difference > 0 }),
    ] as [(String, (Difference) -> Bool)] {
      let members = differences.filter { $0.found.map(isMember) ?? false }.map(\.form)
      guard !members.isEmpty else { continue }
      print("mIoU \(text): \(members.map { name(of: $0) }.joined(separator: ", "))")
      guard text.hasPrefix("not"), let smallest = members.min(by: { $0.storedBytes < $1.storedBytes })
      else { continue }
      print("smallest of these: \(name(of: smallest)), \(bytes(of: smallest))")
    }
  }

  private func text(_ interval: Interval?, digits: Int) -> String {
    guard let interval else { return "" }
    return
      " [\(decimalText(100 * interval.low, digits: digits)), \(decimalText(100 * interval.high, digits: digits))]"
  }

  private func name(of form: Form) -> String {
    form.series == form.name || isOwn(form) ? form.name : "\(form.series) \(form.name)"
  }

  /// Whether a form's name says what it is.
  private func isOwn(_ form: Form) -> Bool { SweepVariant(name: form.name)?.series == form.series }
}
