// The statistics of tensors for people.

import Sedge
import SedgePlatform
import SedgeTensor

/// What `inspect --stats` prints: what is suspicious, and on request a line for each tensor.
struct StatisticsText {
  var inspection: Inspection
  /// Whether every tensor has a line.
  var isWhole: Bool

  var lines: [String] {
    let measured = inspection.tensors.filter { $0.statistics != nil }
    guard !measured.isEmpty else { return [] }
    return (isWhole ? table(measured).linesUnderModules(width: WrappedText.width) + [""] : [])
      + summaryLines(measured)
  }

  private func table(_ tensors: [Inspection.Entry]) -> TextTable {
    var table = TextTable([
      ("values of", .left), ("least", .right), ("largest", .right), ("mean", .right), ("deviation", .right),
      ("zeros", .right), ("beyond 6 s", .right),
    ])
    for tensor in tensors {
      guard let statistics = tensor.statistics else { continue }
      let share = { (count: Int) in
        percentText(Double(count) / Double(max(statistics.finiteCount, 1)), digits: 1)
      }
      table.add([
        tensor.name, number(statistics.minimum.map(Double.init)), number(statistics.maximum.map(Double.init)),
        number(statistics.mean), number(statistics.standardDeviation), share(statistics.zeroCount),
        statistics.outlierCount == 0 ? "" : countText(statistics.outlierCount),
      ])
    }
    return table
  }

  /// Three significant digits, and no fraction from 1,000 on.
  private func number(_ value: Double?) -> String {
    guard let value, value != 0 else { return value == nil ? "none" : "0" }
    let digits = 2 - Int(log10(abs(value)).rounded(.down))
    return (-3...5).contains(digits) ? decimalText(value, digits: max(digits, 0)) : figure(value)
  }

  private func summaryLines(_ tensors: [Inspection.Entry]) -> [String] {
    let suspicious = tensors.filter { $0.statistics?.suspicions.isEmpty == false }
    let values = tensors.reduce(0) { $0 + $1.elementCount }
    let count =
      "values   \(countText(tensors.count)) tensors of \(countText(values)) floating-point numbers: "
    guard !suspicious.isEmpty else { return WrappedText.lines(count + "nothing suspicious", indent: 9) }
    return WrappedText.lines(count + "\(countText(suspicious.count)) suspicious", indent: 9)
      + suspicious.flatMap { tensor in
        [WrappedText.shortened(tensor.name, to: WrappedText.width)]
          + (tensor.statistics?.suspicions ?? []).flatMap { suspicion in
            WrappedText.lines("- " + suspicion.text, indent: 2)
          }
      }
  }
}
