// What a sweep found, as a chart.

import Sedge
import SedgePlot

extension SweepReport {
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
