// The summary of convert for people.

import Sedge
import SedgeArchitecture
import SedgeQuantization
import SedgeTensor
import SedgeVerification

/// What a conversion has written, and what it assumed.
struct ConversionText {
  let summary: ConversionSummary
  /// Whether all tensors are listed.
  let isWhole: Bool

  private var hyperparameters: [HyperparameterReport] { HeaderReport(summary.header).hyperparameters }

  func printed() {
    let share = Double(summary.outputByteCount) / Double(max(summary.sourceByteCount, 1))
    print("\(summary.outputPath): \(summary.header.architecture.name), \(summary.requested)")
    print(
      "size     \(bytesText(summary.sourceByteCount)) to \(bytesText(summary.outputByteCount)) "
        + "(\(percentText(share, digits: 1))), \(figure((summary.bitsPerWeight * 100).rounded() / 100)) bits a weight, "
        + "\(countText(summary.elementCount)) weights")
    printFolds()
    printFound()
    QuantizationText(summary: summary, isWhole: isWhole).printed()
    for note in summary.notes { printError("note: \(note)") }
  }

  /// What was found of the numbers that shapes do not determine.
  private func printFound() {
    for (index, found) in hyperparameters.filter({ $0.origin == "found" }).enumerated() {
      print(
        "\(index == 0 ? "found    " : "         ")\(found.nameAndValue): \(found.detail ?? "")")
    }
  }

  /// Says aloud what nothing confirms.
  func printAssumed() {
    for assumed in hyperparameters where assumed.origin == "assumed" {
      printError(
        "assumed: \(assumed.nameAndValue) (\(assumed.detail ?? "")); a wrong number changes results and no shape shows it; set --\(assumed.name) or verify --golden"
      )
    }
  }

  private func printFolds() {
    guard !summary.header.folds.isEmpty else {
      print("folds    none (--no-fold)")
      return
    }
    for kind in FoldRecord.Kind.allCases {
      let applied = summary.appliedFolds.filter { $0.kind == kind }
      guard !applied.isEmpty else { continue }
      let worst =
        applied.compactMap(\.certificate?.shareOfTolerance).max() ?? 0
      print(
        "folded   \(applied.count) \(kind.text): probes moved by at most \(percentText(worst, digits: 0)) of what rounding allows"
      )
    }
    for (obstacle, records) in Dictionary(grouping: summary.skippedFolds, by: { $0.obstacle ?? "" })
      .sorted(by: { $0.key < $1.key })
    {
      print("not      \(records.count) folded: \(obstacle)")
      for line in namePatterns(of: records.map(\.source)) { print("           \(line)") }
    }
  }
}

extension FoldRecord.Kind {
  /// What was folded, in words.
  var text: String {
    switch self {
    case .norm: "norms into the layers that read them"
    case .layerScale: "layer scales into the layers before them"
    case .pixelStatistics: "pixel mean and standard deviation into the stem"
    case .attentionScale: "attention scales into the queries"
    case .classBlock: "class blocks simplified for pooling 1"
    case .textFeatures: "division of text features by their length, which is 1"
    }
  }
}

extension FloatReason {
  /// The reason in words.
  var text: String {
    switch self {
    case .role: "biases, norms and the like, few and sensitive"
    case .depthwise: "depthwise filters, few and sensitive"
    case .small: "tensors of fewer than 1,024 weights"
    case .overflow: "values larger or smaller than what float16 holds"
    case .stem: "the stem, whose errors add up"
    case .proportion: "values too far apart in size for one step"
    }
  }
}
