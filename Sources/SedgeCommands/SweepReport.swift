// What a sweep found: as a table, as JSON, as a figure.

import SedgeTensor
import Sedge
import SedgePlot
import SedgeRunner
import SedgeVerification

/// What `sweep --json` prints.
struct SweepReport: Encodable {
  struct Form: Encodable {
    var series: String
    var name: String
    var fileBytes: Int?
    var storedBytes: Int
    var storedBitsPerWeight: Double
    var labelChange: Double
    var worstLabelChange: Double
    var meanScoreError: Double
    var scoreRms: Double
    var largestScoreError: Double
    var meanIou: Double?
    var pixelAccuracy: Double?

    init(_ entry: Sweep.Entry) {
      (series, name) = (entry.series, entry.name)
      fileBytes = entry.fileByteCount
      storedBytes = entry.weightByteCount
      storedBitsPerWeight = entry.bitsPerWeight
      labelChange = entry.error.labelChange
      worstLabelChange = entry.error.worstLabelChange
      meanScoreError = entry.error.meanScoreError
      scoreRms = entry.error.scoreRMS
      largestScoreError = entry.error.largestScoreError
      meanIou = entry.error.meanIoU
      pixelAccuracy = entry.error.pixelAccuracy
    }
  }

  struct Accuracy: Encodable {
    var meanIou: Double?
    var pixelAccuracy: Double?
  }

  var model: String
  var sources: [String]
  var pictures: Int
  var pixels: Int
  var classes: Int
  var compute: String
  var kernels: String
  var source: Accuracy
  var forms: [Form]

  init(_ sweep: Sweep, sources: [String], entries: [Sweep.Entry], _ computation: Compute) throws {
    compute = computation.arithmetic.rawValue
    kernels = try computation.kernelSet()
    model = sweep.reference.architecture.name
    self.sources = sources
    let error = sweep.reference.source
    (pictures, pixels) = (error.pictureCount, error.pixelCount)
    classes = sweep.reference.classes.classes.count
    source = Accuracy(meanIou: error.meanIoU, pixelAccuracy: error.pixelAccuracy)
    forms = entries.map(Form.init)
  }

  /// What the pictures and the classes are.
  private var extent: String {
    "\(countText(pictures)) picture\(pictures == 1 ? "" : "s"), \(countText(classes)) class\(classes == 1 ? "" : "es")"
  }

  // MARK: Table

  func printed() {
    print("\(model): \(extent), against the source in float32\n")
    var table = TextTable(
      [
        ("form", .left), ("file", .right), ("weights", .right), ("bits/weight", .right),
        ("labels changed", .right), ("worst picture", .right), ("score error", .right), ("largest", .right),
      ] + (source.meanIou == nil ? [] : [("mIoU", .right), ("pixels right", .right)]))
    table.add(row("source", ["", "", "", "", "", "", ""], source))
    for form in forms {
      let figures = [
        form.fileBytes.map(bytesText) ?? "", bytesText(form.storedBytes),
        decimalText(form.storedBitsPerWeight, digits: 2), percentText(form.labelChange, digits: 3),
        percentText(form.worstLabelChange, digits: 3), figure(form.scoreRms), figure(form.largestScoreError),
      ]
      let name = form.series == form.name || isOwn(form) ? form.name : "\(form.series) \(form.name)"
      table.add(
        row(name, figures, Accuracy(meanIou: form.meanIou, pixelAccuracy: form.pixelAccuracy)))
    }
    table.printed()
    print("\nscore error: root mean square over that of the source's scores, all classes kept")
    print("computed in \(compute) by the kernels \(kernels)")
  }

  private func row(_ name: String, _ figures: [String], _ accuracy: Accuracy) -> [String] {
    guard let meanIoU = accuracy.meanIou, let pixelAccuracy = accuracy.pixelAccuracy else {
      return [name] + figures
    }
    return [name] + figures + [decimalText(meanIoU, digits: 4), percentText(pixelAccuracy, digits: 2)]
  }

  /// Whether a form's name says what it is.
  private func isOwn(_ form: Form) -> Bool { SweepVariant(name: form.name)?.series == form.series }

  // MARK: Figure

  /// Errors over sizes.
  var chart: Figure {
    let sizes = Axis("Size of the weights", scale: .logarithmic, unit: .bytes)
    let panel = { (axis: Axis, value: (Form) -> Double?) in
      Panel(x: sizes, y: axis, series: series(value))
    }
    var panels = [
      panel(Axis("Labels that change", scale: .logarithmic, unit: .percent)) { $0.labelChange },
      panel(Axis("Error of scores, relative RMS", scale: .logarithmic)) { $0.scoreRms },
    ]
    if let meanIoU = source.meanIou {
      var accuracy = panel(Axis("mIoU")) { $0.meanIou }
      accuracy.rule = Rule(y: meanIoU, label: "source, float32")
      panels.append(accuracy)
    }
    return Figure(
      title: "What quantization costs \(model)", subtitle: "\(extent), against the source in float32",
      panels: panels)
  }

  /// The forms of each series, the smallest first.
  private func series(_ value: (Form) -> Double?) -> [Series] {
    var names: [String] = []
    for form in forms where !names.contains(form.series) { names.append(form.series) }
    return names.map { name in
      let own = forms.filter { $0.series == name }
      let points = own.sorted { $0.storedBytes < $1.storedBytes }.compactMap { form in
        value(form).map { Point(x: Double(form.storedBytes), y: $0, label: form.name) }
      }
      let style: Series.Style =
        points.count == 1
        ? .points : name == SweepVariant.roundToNearest(bits: 8).series ? .dashedLine : .line
      return Series(name, style: style, points: points)
    }
  }
}
