// sedge diff: two models in any two formats, by meaning and not by name.

import SedgeTensor
import ArgumentParser
import Sedge

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two models, each a checkpoint or a .sedge file, tensor by tensor.",
    usage: "sedge diff <first> <second> [<more> ...] [<options>]",
    discussion: """
      Prefixes of names, orders of dimensions and folding make no difference: if one side is folded, the other is folded \
      in the same way. Exit code 0 if both are equal within tolerance, 1 if they differ, 2 if they cannot be compared.
      """)

  @Argument(help: "A checkpoint (HDF5, ONNX, PyTorch, safetensors) or a .sedge file.", completion: .file())
  var first: String

  @Argument(help: "The second checkpoint or .sedge file.", completion: .file())
  var second: String

  @Argument(help: ArgumentHelp("Further files of the second model.", valueName: "more"), completion: .file())
  var others: [String] = []

  @Option(
    help: ArgumentHelp(
      "The largest relative RMS difference of a tensor. (default: the bound of rounding to the stored types)",
      valueName: "x"))
  var tolerance: Double?

  @Option(
    help: ArgumentHelp(
      "The prefix of the first model's names, such as model_ema, in a file with several models.",
      valueName: "name"))
  var prefix: String?

  @Option(help: ArgumentHelp("The prefix of the second model's names.", valueName: "name"))
  var secondPrefix: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let tolerance, !(tolerance >= 0) {
      throw ValidationError("--tolerance \(tolerance): expected a number of 0 or more")
    }
  }

  func run() throws {
    let display = ProgressDisplay()
    let comparison = try ModelComparison(
      first, second, and: others, prefixes: (first: prefix, second: secondPrefix))
    try MemoryDemand.ask(
      2 * MemoryDemand.ofTensors(comparison.elementCounts), for: "the largest tensor of both")
    let difference = try comparison.run { try display.show($0) }
    display.clear()
    let passes = difference.passes(tolerance: tolerance)
    if json {
      try printJSON(DifferenceReport(difference, tolerance: tolerance))
    } else {
      printText(difference, passes: passes)
    }
    if !passes { throw ExitCode(1) }
  }

  private func printText(_ difference: ModelDifference, passes: Bool) {
    print("\(verdict(difference, passes: passes))")
    for (letter, side) in [("A", difference.first), ("B", difference.second)] {
      print("  \(letter)  \(side.path), \(side.formatName)")
    }
    print("  \(difference.architecture.name), \(difference.form.text)\n")
    for setting in difference.settings {
      print("\(setting.name): \(setting.first) in A, \(setting.second) in B")
    }
    for verdict in TensorDifference.Verdict.allCases.reversed() {
      let tensors = difference.tensors(verdict)
      guard !tensors.isEmpty else { continue }
      print("\(counted(tensors.count, "tensor")) \(verdict.text)")
      guard verdict != .equal, verdict != .rounding else { continue }
      let patterns = namePatterns(of: tensors.map(\.name))
      for line in patterns.prefix(Self.patternCount) { print("  \(line)") }
      if patterns.count > Self.patternCount {
        print("  and \(counted(patterns.count - Self.patternCount, "more name")) (--json)")
      }
    }
    printWorst(difference)
  }

  /// The most names of one verdict.
  private static let patternCount = 20

  private func verdict(_ difference: ModelDifference, passes: Bool) -> String {
    let compared = difference.tensors.count { $0.verdict != .beside }
    if passes {
      let bound =
        tolerance.map { "a relative RMS difference of \(figure($0))" } ?? "the rounding of their types"
      let isExact = difference.tensors.allSatisfy { [.equal, .beside].contains($0.verdict) }
      return "EQUAL: \(counted(compared, "tensor")), " + (isExact ? "bit for bit" : "within \(bound)")
    }
    let failures = difference.tensors.count { !$0.passes(tolerance: tolerance) }
    let settings = difference.settings.map(\.name).joined(separator: ", ")
    return "DIFFERENT: \(countText(failures)) of \(counted(compared, "tensor"))"
      + (settings.isEmpty ? "" : "; \(settings)")
  }

  private func printWorst(_ difference: ModelDifference) {
    let worst = difference.tensors.compactMap { tensor in tensor.deviation.map { (tensor, $0) } }
      .filter { $0.1.largestAbsolute > 0 }.sorted { $0.1.relativeRMS > $1.1.relativeRMS }
    guard !worst.isEmpty else { return }
    print("\nThe tensors that differ most:")
    var table = TextTable([
      ("tensor", .left), ("A", .whole), ("B", .whole), ("largest error", .right), ("of magnitude", .right),
      ("relative RMS", .right),
    ])
    for (tensor, deviation) in worst.prefix(10) {
      table.add([
        tensor.name, tensor.firstType ?? "", tensor.secondType ?? "", figure(deviation.largestAbsolute),
        figure(deviation.largestRelativeToMagnitude), figure(deviation.relativeRMS),
      ])
    }
    table.printed()
  }
}

extension TensorDifference.Verdict {
  /// What is said of a number of tensors.
  fileprivate var text: String {
    switch self {
    case .equal: "equal"
    case .rounding: "equal but for the rounding of their types"
    case .different: "different:"
    case .transposed: "transposed:"
    case .otherShape: "of another shape:"
    case .onlyInFirst: "in A only:"
    case .onlyInSecond: "in B only:"
    case .beside: "not of the model, not compared:"
    }
  }

  /// The verdict in JSON.
  fileprivate var key: String {
    switch self {
    case .otherShape: "other_shape"
    case .onlyInFirst: "only_in_a"
    case .onlyInSecond: "only_in_b"
    default: rawValue
    }
  }
}

extension ModelDifference.Form {
  /// The form in words.
  fileprivate var text: String {
    switch self {
    case .stored: "tensors as they are stored"
    case .folded: "one side folded as the other is"
    case .original: "folding undone on both sides"
    }
  }
}

/// What `diff --json` prints.
struct DifferenceReport: JSONReport {
  static let kind = ReportKind.diff

  struct Side: Encodable {
    var file: String
    var format: String

    init(_ side: ModelDifference.Side) { (file, format) = (side.path, side.formatName) }
  }

  struct Setting: Encodable {
    var name: String
    var a: String
    var b: String
  }

  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var typeA: String?
    var typeB: String?
    var verdict: String
    var passes: Bool
    var figures: VerificationJSON.Figures?
  }

  var a: Side
  var b: Side
  var model: String
  var form: String
  var passes: Bool
  var tolerance: Double?
  var counts: [String: Int]
  var settings: [Setting]
  var tensors: [Tensor]

  init(_ difference: ModelDifference, tolerance: Double?) {
    a = Side(difference.first)
    b = Side(difference.second)
    model = difference.architecture.name
    form = difference.form.rawValue
    passes = difference.passes(tolerance: tolerance)
    self.tolerance = tolerance
    counts = Dictionary(grouping: difference.tensors, by: \.verdict.key).mapValues(\.count)
    settings = difference.settings.map { Setting(name: $0.name, a: $0.first, b: $0.second) }
    tensors = difference.tensors.map {
      Tensor(
        name: $0.name, shape: $0.shape, typeA: $0.firstType, typeB: $0.secondType, verdict: $0.verdict.key,
        passes: $0.passes(tolerance: tolerance), figures: $0.deviation.map(VerificationJSON.Figures.init))
    }
  }
}
