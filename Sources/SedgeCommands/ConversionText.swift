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

  /// Prints what was written first, then what it costs, then how it came about.
  func printed() {
    print(OutputLine(lines: lines))
    for note in summary.notes { printError("note: \(note)") }
  }

  private var lines: [String] {
    let quantization = QuantizationText(summary: summary, isWhole: isWhole)
    return verdictLines + errorLines + quantization.lines + [""] + foldLines + quantization.floatLines
      + foundLines
  }

  private var verdictLines: [String] {
    let share = Double(summary.outputByteCount) / Double(max(summary.sourceByteCount, 1))
    return [
      "\(summary.outputPath): \(summary.header.architecture.name), \(summary.requested), "
        + bytesText(summary.outputByteCount),
      "size     \(percentText(share, digits: 1)) of the source's \(bytesText(summary.sourceByteCount)), "
        + "\(figure((summary.bitsPerWeight * 100).rounded() / 100)) bits for each of "
        + "\(countText(summary.elementCount)) weights",
      "SHA-256  \(summary.outputSHA256)",
    ]
  }

  /// What the size costs, and what decided.
  private var errorLines: [String] {
    if let record = summary.header.quantization { return record.lines }
    let isCoded = summary.header.tensors.contains { $0.relativeRMSError > 0 || !$0.codec.isFloat }
    guard isCoded, let worst = summary.worstTensors.first(where: { $0.tensor.role != .bias }) else {
      return ["error    none: every weight has its value"]
    }
    return [
      "error    of weights at most \(figure(worst.relativeRMSError)) (relative RMS)\(reservation)",
      "learned  nothing: the weights alone decided (--calibrate)",
    ]
  }

  /// Why the error of one tensor is not that of the result.
  private var reservation: String {
    summary.header.options.contains { $0.key == "plan" }
      ? ", of the tensor that the plan makes coarsest; of results, see sedge verify: a better plan may have more here"
      : "; of results, see sedge verify"
  }

  /// What was found of the numbers that shapes do not determine.
  private var foundLines: [String] {
    hyperparameters.filter { $0.origin == "found" }.enumerated().map { index, found in
      "\(index == 0 ? "found    " : "         ")\(found.nameAndValue): \(found.detail ?? "")"
    }
  }

  /// What nothing confirms, in sentences.
  var assumptions: [String] {
    hyperparameters.filter { $0.origin == "assumed" }.map { assumed in
      "\(assumed.nameAndValue) (\(assumed.detail ?? "")); a wrong number changes results and no shape shows it; set "
        + "--\(assumed.name) or verify --golden"
    }
  }

  private var foldLines: [String] {
    guard !summary.header.folds.isEmpty else { return ["folds    none (--no-fold)"] }
    let kinds = FoldRecord.Kind.allCases.compactMap { kind -> String? in
      let count = summary.appliedFolds.count { $0.kind == kind }
      return count == 0 ? nil : "\(count) \(kind.text)"
    }
    let worst = summary.appliedFolds.compactMap(\.certificate?.shareOfTolerance).max() ?? 0
    var lines: [String] = []
    if !kinds.isEmpty {
      lines.append(
        "folded   \(kinds.joined(separator: "; ")): probes moved by at most \(percentText(worst, digits: 0)) of what rounding allows"
      )
    }
    let skipped = Dictionary(grouping: summary.skippedFolds, by: { $0.obstacle ?? "" }).sorted {
      $0.key < $1.key
    }
    for (obstacle, records) in skipped {
      lines.append("not      \(records.count) folded: \(obstacle)")
      lines += namePatterns(of: records.map(\.source)).map { "           \($0)" }
    }
    return lines
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
