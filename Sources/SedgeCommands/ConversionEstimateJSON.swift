// What a conversion would give and take, and that one was skipped.

import Sedge

/// What `convert --dry-run --json` prints.
struct ConversionEstimateJSON: JSONReport {
  static var kind: ReportKind { .conversionEstimate }

  var file: String
  var model: String
  var wish: String
  var parameters: Int
  var sourceBytes: Int
  /// The likely size; `nil` where a budget decides.
  var fileBytes: Int?
  var leastFileBytes: Int
  var largestFileBytes: Int
  var seconds: Double
  var threads: Int
  /// Steps whose time is not in `seconds`.
  var omittedSteps: [String]
  /// With steps omitted, without what they take.
  var memoryBytes: Int
  var notes: [String]

  init(_ estimate: ConversionEstimate, path: String) {
    file = path
    model = estimate.modelName
    wish = estimate.requested
    parameters = estimate.elementCount
    sourceBytes = estimate.sourceByteCount
    fileBytes = estimate.likelyByteCount
    (leastFileBytes, largestFileBytes) = (estimate.byteCounts.lowerBound, estimate.byteCounts.upperBound)
    (seconds, threads) = (estimate.seconds, estimate.threadCount)
    omittedSteps = estimate.omittedSteps.map(\.rawValue)
    memoryBytes = estimate.memoryByteCount
    notes = estimate.notes
  }

  func printed() {
    for note in notes { printError("note: \(note)") }
    print("\(file): not written (--dry-run); \(model), \(wish)")
    print("size     \(sizeText), source \(bytesText(sourceBytes))")
    print(
      "time     about \(durationText(seconds)) on \(counted(threads, "thread")), longer where other programs run\(omittedText)"
    )
    let isBound = !omittedSteps.contains(ConversionEstimate.OmittedStep.calibrating.rawValue)
    print(
      "memory   \(isBound ? "at most " : "")about \(bytesText(memoryBytes))\(isBound ? "" : ", and what calibration pictures take")"
    )
  }

  private var sizeText: String {
    if fileBytes == nil, leastFileBytes == largestFileBytes {
      return "\(bytesText(largestFileBytes)), the budget"
    }
    let range =
      leastFileBytes == largestFileBytes
      ? "" : " (\(bytesText(leastFileBytes)) to \(bytesText(largestFileBytes)))"
    return (fileBytes.map { bytesText($0) } ?? "decided by the budget") + range
  }

  private var omittedText: String {
    let steps = omittedSteps.compactMap { ConversionEstimate.OmittedStep(rawValue: $0)?.text }
    return steps.isEmpty ? "" : "; not counted: \(steps.joined(separator: ", "))"
  }
}

extension ConversionEstimate.OmittedStep {
  /// The step in words.
  var text: String {
    switch self {
    case .encodingText: "encoding class names"
    case .calibrating: "running calibration pictures"
    case .searching: "the search for the budget"
    }
  }
}

/// What `convert --skip-existing --json` prints of a file that is there already.
struct SkippedConversionJSON: JSONReport {
  static var kind: ReportKind { .skippedConversion }

  var file: String
}
