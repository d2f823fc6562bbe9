// The report of verify for people: the verdict first, then a screen, or all of it.

import SedgeQuantization
import SedgeTensor
import SedgeVerification

/// The lines of a verification, at most ``WrappedText/width`` columns wide.
struct VerificationText {
  var reports: [VerificationReport]
  var thresholds: Thresholds
  var proven: [HyperparameterReport]
  var notProven: [HyperparameterReport]
  /// Whether a recording of the original was among the references.
  var provesByRecording: Bool
  var arithmetic: String
  var kernels: String
  /// What became of the request for a plan; `nil` where there was none.
  var planRequest: PlanRequest?

  /// The most failures and layers of a summary.
  private static let summaryCount = 5

  /// The verdict, what decides it, the worst layers, and what to do.
  var summary: [String] {
    [verdict] + reports.flatMap { summary(of: $0) } + [""] + hyperparameters(withOrigins: false) + [
      computation
    ]
  }

  /// The same, and every figure.
  var all: [String] {
    [verdict] + reports.flatMap { summary(of: $0, isWhole: true) + details(of: $0) } + [""]
      + hyperparameters(withOrigins: true) + [computation, ""] + limits
  }

  private var verdict: String {
    let count = reports.reduce(0) { $0 + $1.failures.count }
    if reports.allSatisfy(\.passes) { return "PASS: every figure is within its limit" }
    switch count {
    case 0: return "FAIL: nothing could be compared"
    case 1: return "FAIL: a figure is out of tolerance"
    default: return "FAIL: \(countText(count)) figures are out of tolerance"
    }
  }

  private var computation: String { "computed in \(arithmetic) by the kernels \(kernels)" }

  // MARK: One reference

  private func summary(of report: VerificationReport, isWhole: Bool = false) -> [String] {
    var lines = ["", "\(report.model) against", "  \(report.reference)"]
    lines += DecidingFigures(report).lines
    let failures = isWhole ? report.failures[...] : report.failures.prefix(Self.summaryCount)
    if !failures.isEmpty { lines.append("") }
    for failure in failures { lines += WrappedText.lines("out of tolerance: \(failure)", indent: 2) }
    if failures.count < report.failures.count {
      lines.append("and \(report.failures.count - failures.count) more (--verbose)")
    }
    lines += causeOfForeignTensors(in: report)
    if !report.notRecorded.isEmpty {
      lines += WrappedText.lines(
        "not recorded, so not compared: \(report.notRecorded.joined(separator: ", "))", indent: 2)
    }
    let count = isWhole ? Int.max : Self.summaryCount
    lines += layers(of: report, count: count)
    if let costs = report.costs { lines += CostText(costs, planRequest).lines(count: count) }
    return lines + RejectionText(report).lines(count: count)
  }

  /// The layers with the largest errors of their own, and the way to smaller ones.
  private func layers(of report: VerificationReport, count: Int) -> [String] {
    guard !report.layers.isEmpty else { return [] }
    let worst = report.layers.filter { $0.localOverNoise > 1 }.sorted { $0.local > $1.local }
    guard let first = worst.first else {
      return ["", "\(report.layers.count) layers, none with an error of its own beyond rounding"]
    }
    var table = TextTable([
      ("layer", .left), ("own error", .right), ("over noise", .right), ("come together", .right),
    ])
    let shown = count == .max ? report.layers[...] : worst.prefix(count)
    for layer in shown {
      table.add([
        layer.name, figure(layer.local), countText(layer.localOverNoise), figure(layer.accumulated),
      ])
    }
    let title =
      count == .max
      ? "\(report.layers.count) layers, as the model computes them:"
      : "\(report.layers.count) layers, \(worst.count) with errors of their own beyond rounding; the worst:"
    return ["", title] + table.lines(width: WrappedText.width) + cause(of: first, in: report)
      + nextStep(in: report)
  }

  /// The way from errors of layers to a better file.
  private func nextStep(in report: VerificationReport) -> [String] {
    let isCoded = report.tensors.contains { CodecIdentifier(rawValue: $0.codec)?.isFloat == false }
    guard report.costs == nil, isCoded, !report.hasForeignTensors else { return [] }
    return WrappedText.lines(
      "next     --costs measures which of them matter to the result; --suggest plan.json also writes a plan for a "
        + "better file of the same size", indent: 9)
  }

  /// Why tensors are beyond what their codecs allow, and what to do.
  private func causeOfForeignTensors(in report: VerificationReport) -> [String] {
    guard report.hasForeignTensors else { return [] }
    let (cause, remedy) =
      report.otherSources.isEmpty
      ? ("the source is the file that the model was made from: the model is at fault", "convert it again")
      : (
        "not what the model was made from, by their SHA-256: \(report.otherSources.joined(separator: ", "))",
        "verify against the checkpoint that was converted"
      )
    return WrappedText.lines("cause    \(cause)", indent: 9)
      + WrappedText.lines("to do    \(remedy)", indent: 9)
  }

  /// Why the worst layer is as it is, and what to do.
  private func cause(of layer: LayerError, in report: VerificationReport) -> [String] {
    guard let tensor = report.tensors.first(where: { $0.name == layer.name }),
      tensor.deviation.relativeRMS > 0
    else { return [] }
    let isWithin = tensor.deviation.relativeRMS <= tensor.limit.value
    var lines = WrappedText.lines(
      "cause    \(layer.name): weights stored as \(tensor.codec), off by "
        + "\(figure(tensor.deviation.relativeRMS)), "
        + (isWithin ? "within what is allowed" : "more than allowed")
        + " (\(figure(tensor.limit.value)), \(tensor.limit.origin))", indent: 9)
    if !report.passes, !report.hasForeignTensors {
      lines += WrappedText.lines(
        "to do    convert with more bits there: --tensor '\(layer.name.pattern)=int8'", indent: 9)
    }
    return lines
  }

  private func details(of report: VerificationReport) -> [String] {
    var lines: [String] = []
    if !report.tensors.isEmpty {
      let exact = report.tensors.count { $0.deviation.largestAbsolute == 0 }
      lines += ["", "\(report.tensors.count) tensors, \(exact) of them exact"]
      if exact < report.tensors.count {
        var table = Self.table("tensor")
        for tensor in report.tensors.sorted(by: { $0.deviation.relativeRMS > $1.deviation.relativeRMS })
        where tensor.deviation.largestAbsolute != 0 {
          table.add(Self.row(tensor.name, tensor.deviation))
        }
        lines += table.lines(width: WrappedText.width)
      }
    }
    for run in report.runs { lines += ["", run.name] + details(of: run, report) }
    return lines
  }

  private func details(of run: RunComparison, _ report: VerificationReport) -> [String] {
    var table = Self.table("result")
    for tap in run.taps where tap.deviation != nil {
      table.add(tap.deviation.map { Self.row(tap.name, $0) } ?? [])
    }
    let others = run.taps.filter { $0.deviation == nil }.map(\.name)
    var lines = table.lines(width: WrappedText.width)
    if !others.isEmpty {
      lines += WrappedText.lines(
        "not comparable, for other classes were kept: \(others.joined(separator: ", "))", indent: 2)
    }
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
    return lines + WrappedText.lines(parts.compactMap(\.self).joined(), indent: 2)
  }

  /// What small scores are judged over.
  private func floorText(_ run: RunComparison, _ report: VerificationReport) -> String {
    guard let floor = report.scoreFloor(of: run), let judged = report.judgedScoreRMS(of: run) else {
      return ""
    }
    return
      "; nearly no class was found: judged as \(percentText(judged, digits: 3)) of the floor \(figure(floor))"
  }

  // MARK: What holds for all references

  /// What the comparisons have shown of the numbers that shapes do not determine.
  private func hyperparameters(withOrigins: Bool) -> [String] {
    let text = { (reports: [HyperparameterReport]) in
      reports.map { withOrigins ? $0.text : $0.nameAndValue }.joined(separator: withOrigins ? "; " : ", ")
    }
    var lines: [String] = []
    if !proven.isEmpty { lines += WrappedText.lines("proven: \(text(proven))", indent: 2) }
    if !notProven.isEmpty {
      let reason =
        provesByRecording
        ? "nothing that is recorded depends on them, or it is out of tolerance"
        : "--against computes both sides with them; --golden proves them"
      lines += WrappedText.lines("not proven: \(text(notProven)) (\(reason))", indent: 2)
    }
    return lines
  }

  private var limits: [String] {
    var table = TextTable([("limit", .left), ("value", .right), ("from", .left)])
    for name in Thresholds.names {
      guard let limit = thresholds[name] else { continue }
      table.add([name, limit == .infinity ? "none" : figure(limit), thresholds.origins[name] ?? ""])
    }
    let lines = table.lines(width: WrappedText.width)
    guard thresholds.followCoarsestTensor else { return lines }
    return lines
      + WrappedText.lines(
        "limits of results follow the coarsest tensor, whatever its part in the result: a plan that makes one "
          + "tensor coarser widens them where the result gets better; judge a plan by the labels that changed",
        indent: 2)
  }

  private static func table(_ title: String) -> TextTable {
    TextTable([
      (title, .left), ("largest error", .right), ("of largest", .right), ("RMS", .right), ("dB", .right),
      ("cosine", .right),
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

/// The worst figure of each kind, beside its limit.
private struct DecidingFigures {
  private let report: VerificationReport

  init(_ report: VerificationReport) { self.report = report }

  var lines: [String] {
    var table = TextTable([("figure", .left), ("worst", .right), ("limit", .right), ("where", .left)])
    for row in [labels, changed, scores, taps, tensors].compactMap(\.self) { table.add(row) }
    return table.lines(width: WrappedText.width)
  }

  private var labels: [String]? {
    let runs = report.runs.compactMap { run in run.output.equalLabelsWithinMargin.map { (run.name, $0) } }
    guard let worst = runs.min(by: { $0.1 < $1.1 }) else { return nil }
    return [
      "labels", percentText(worst.1, digits: 3), percentText(report.thresholds.labels, digits: 3),
      "\(worst.0), within a margin of \(figure(report.thresholds.margin))",
    ]
  }

  /// Labels that differ at all, where a margin excuses some.
  private var changed: [String]? {
    guard report.thresholds.margin > 0 else { return nil }
    let runs = report.runs.compactMap { run in run.output.equalLabels.map { (run.name, 1 - $0) } }
    guard let worst = runs.max(by: { $0.1 < $1.1 }) else { return nil }
    return ["changed", percentText(worst.1, digits: 3), "none", "\(worst.0), labels without any margin"]
  }

  private var scores: [String]? {
    let runs = report.runs.compactMap { run in report.judgedScoreRMS(of: run).map { (run.name, $0) } }
    guard let worst = runs.first(where: { $0.1.isNaN }) ?? runs.max(by: { $0.1 < $1.1 }) else { return nil }
    return ["scores", figure(worst.1), figure(report.thresholds.scoreRMS), "\(worst.0), relative RMS"]
  }

  private var taps: [String]? {
    let taps = report.runs.flatMap { run in
      run.taps.compactMap { tap in tap.deviation.map { ("\(run.name), \(tap.name)", $0.relativeRMS) } }
    }
    guard let worst = taps.first(where: { $0.1.isNaN }) ?? taps.max(by: { $0.1 < $1.1 }) else { return nil }
    return ["results", figure(worst.1), figure(report.thresholds.tapRMS), "\(worst.0), relative RMS"]
  }

  /// The tensor that is nearest to its own limit, or furthest beyond it.
  private var tensors: [String]? {
    let ratio = { (tensor: TensorComparison) -> Double in
      let (error, limit) = (tensor.deviation.relativeRMS, tensor.limit.value)
      return error == 0 ? 0 : limit == 0 ? .infinity : limit == .infinity ? 1 : error / limit
    }
    guard let worst = report.tensors.max(by: { ratio($0) < ratio($1) }) else { return nil }
    let error = worst.deviation.relativeRMS
    return [
      "tensors", error == 0 ? "exact" : figure(error), figure(worst.limit.value),
      error == 0 ? "all \(report.tensors.count)" : worst.name,
    ]
  }
}
