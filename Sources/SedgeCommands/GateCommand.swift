// sedge gate: may a model replace another?

import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeEvaluation
import SedgeTensor

struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Decide by two evaluations whether a model may replace another.",
    usage: "sedge gate <result.json> --baseline <other.json> --allow <rules>",
    discussion: """
      Compares a model of RESULT with one of --baseline, picture by picture: files that sedge evaluate --output wrote, of \
      the same pictures; or, with a data set, two models, which are evaluated first. Prints the decision and why. The \
      interval of each change is by the bootstrap over pictures, paired; a change whose interval includes 0 is called noise.

      Exit code 0 if every rule is kept, 1 if not, 2 if the results cannot be compared.
      """)

  @Argument(
    help: ArgumentHelp(
      "The result of the model that is to replace another, which sedge evaluate --output wrote; or the model.",
      valueName: "result.json|model"), completion: .file())
  var result: String

  @Option(
    help: ArgumentHelp(
      "The result of the model that it is compared with; or that model.", valueName: "other.json|model"),
    completion: .file())
  var baseline: String

  @Option(
    help: ArgumentHelp(
      "What may change, such as miou=-0.5%,labels=1%: \(Figure.allCases.map(\.rawValue).joined(separator: ", ")) by so many points of percent, a drop with a minus sign; labels, the share of pixels with another label.",
      valueName: "rules"))
  var allow: String

  @Flag(help: "Decide by the worse end of the interval instead of by the measured change.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "The model, in results with several. (default: the last of RESULT, the first of --baseline)",
      valueName: "name"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "The model of --baseline. (default: that of --model, where it has it)", valueName: "name"))
  var baselineModel: String?

  @Option(
    name: .customLong("top-k"),
    help: ArgumentHelp(
      "The setting of early rejection, in results with several: a number or all.", valueName: "k"))
  var topK: TopK?

  @Option(
    help: ArgumentHelp("Write JUnit's XML, with a test case for each rule.", valueName: "file.xml"),
    completion: .file())
  var junit: String?

  @Option(
    help: ArgumentHelp("Write Markdown, for a comment on a pull request.", valueName: "file.md"),
    completion: .file())
  var markdown: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup(title: "Data, to evaluate models") var data: DataSetOptions

  @OptionGroup var options: EvaluatedModelOptions

  func validate() throws {
    if data.isGiven {
      try data.requireDataSet()
      guard model == nil, baselineModel == nil else {
        throw ValidationError("--model and --baseline-model are for results, not for models")
      }
    }
    do {
      _ = try GateRule.list(allow)
    } catch {
      throw ValidationError("--allow \(error.text)")
    }
  }

  /// The files that are written, by option.
  private var outputs: [(option: String, path: String)] {
    [("--junit", junit), ("--markdown", markdown)].compactMap { option, path in path.map { (option, $0) } }
  }

  func run() throws {
    try checkOutputs(outputs, inputs: [result, baseline] + data.inputs + options.inputs)
    let (side, other) = data.isGiven ? try evaluatedSides() : try readSides()
    let rules = try GateRule.list(allow)
    let verdict = try Gate.verdict(of: side, against: other, rules: rules, strict: strict)
    let (name, otherName) = Self.names(side, other)
    if let junit { try Self.write(verdict.junit(model: name, baseline: otherName), to: junit) }
    if let markdown { try Self.write(verdict.markdown(model: name, baseline: otherName), to: markdown) }
    if json {
      try printJSON(GateReport(verdict, side, other))
    } else {
      print(OutputLine(lines: verdict.lines(model: name, baseline: otherName)))
    }
    if !verdict.passes { throw ExitCode(1) }
  }

  /// Chooses a model of each result: of several of the baseline the first with the other side's early rejection.
  private func readSides() throws -> (Gate.Side, Gate.Side) {
    let side = try Self.side(
      result, model: model, topK: topK,
      default: { candidates, _ in
        model == nil || candidates.count == 1 ? candidates.last : nil
      })
    let other = try Self.side(
      baseline, model: baselineModel ?? model, topK: topK, isFallback: baselineModel == nil,
      default: { candidates, models in
        candidates.first { models[$0].topK == side.facts.topK } ?? candidates.first
      })
    if side.facts.topK != other.facts.topK {
      printError("note: early rejection differs: \(Self.label(side.facts)), \(Self.label(other.facts))")
    }
    let preprocessings = [side, other].map(\.result.data.preprocess)
    if preprocessings[0] != preprocessings[1] {
      printError("note: preprocessing differs: \(preprocessings[0]), \(preprocessings[1])")
    }
    return (side, other)
  }

  /// Evaluates both models.
  private func evaluatedSides() throws -> (Gate.Side, Gate.Side) {
    let kinds = [baseline, result].compactMap {
      ModelKind(ofFile: $0, options: options.source.architectureOptions)
    }
    let data = try data.evaluationData(for: kinds) { printError("note: \($0)") }
    try checkApart(outputs, from: data.inputs)
    let display = ProgressDisplay()
    let request = topK.map { TopKSettings.Request.given([$0.count]) }
    let other = try options.load(baseline, for: data, topK: request ?? .ownDefault, display: display)
    let model = try options.load(
      result, for: data, topK: request ?? .reference(other.topKs), display: display)
    let run = EvaluationRun(data: data, models: [other, model], sedgeVersion: sedgeVersion, shard: .whole)
    display.clear()
    for text in run.plan.topKNotes { printError("note: \(text)") }
    let file = TemporaryFile("rows.jsonl")
    let log = try RowLog(creating: file.path, plan: run.plan, replacing: true)
    try options.run(run, run.remaining(log), into: log, isStrict: true, display: display)
    let rows = try RowSet(paths: [file.path])
    var found = try EvaluationResult(rows)
    try rows.forEach { found.pictures.append($0) }
    return (
      Gate.Side(path: result, result: found, model: 1), Gate.Side(path: baseline, result: found, model: 0)
    )
  }

  /// Reads a result and chooses one of its models.
  ///
  /// - Parameter isFallback: Whether a result with one model alone needs not have the name.
  private static func side(
    _ path: String, model name: String?, topK: TopK?, isFallback: Bool = false,
    default choice: ([Int], [EvaluationResult.Model]) -> Int?
  ) throws -> Gate.Side {
    let result = try EvaluationResult.read(path: path)
    func matches(_ index: Int) -> Bool {
      let model = result.models[index]
      return (name == nil || model.name == name) && (topK == nil || model.topK == topK?.count)
    }
    var candidates = result.models.indices.filter(matches)
    if candidates.isEmpty, isFallback, result.models.count == 1 { candidates = [0] }
    guard let index = choice(candidates, result.models) else {
      let labels = result.models.map(label)
      let requested = [name, topK.map { "with k \($0.defaultValueDescription)" }]
      throw EvaluationError(
        .chooseModel(
          requested: candidates.isEmpty ? requested.compactMap { $0 }.joined(separator: " ") : nil,
          names: labels), path: path)
    }
    return Gate.Side(path: path, result: result, model: index)
  }

  /// The names of both models, with their settings of early rejection or files where they would be equal.
  private static func names(_ side: Gate.Side, _ other: Gate.Side) -> (String, String) {
    let names = [side, other].map(\.facts.name)
    if side.facts.topK != other.facts.topK || side.hasSeveralSettings || other.hasSeveralSettings {
      return (label(side.facts), label(other.facts))
    }
    guard names[0] == names[1] else { return (names[0], names[1]) }
    return ("\(names[0]) of \(side.path)", "\(names[1]) of \(other.path)")
  }

  private static func label(_ model: EvaluationResult.Model) -> String {
    "\(model.name) (k \(model.topK.map(String.init) ?? "all"))"
  }

  private static func write(_ text: String, to path: String) throws {
    unsafe try OutputFile.write(Array(text.utf8).span.bytes, to: path)
  }
}

extension Gate.Side {
  /// Whether the result has several settings of early rejection of the model.
  fileprivate var hasSeveralSettings: Bool { result.models.count { $0.name == facts.name } > 1 }
}

extension GateRule.Fault {
  /// The fault, and what is expected.
  fileprivate var text: String {
    switch self {
    case .form(let text): "\(text): expected rules such as miou=-0.5%,labels=1%"
    case .name(let name): "\(name): expected one of \(GateRule.names.joined(separator: ", "))"
    case .limit(let text):
      "\(text): expected a percentage with %, such as -0.5%; of labels, one of 0% to 100%"
    case .repeated(let name): "\(name): is given twice"
    }
  }
}

/// What `gate --json` prints.
struct GateReport: JSONReport {
  static let kind = ReportKind.gate

  struct Side: Encodable {
    var file: String
    var model: String
    var topK: Int?
    var sha256: String

    init(_ side: Gate.Side) {
      (file, model, topK) = (side.path, side.facts.name, side.facts.topK)
      sha256 = side.facts.sha256
    }
  }

  struct Rule: Encodable {
    var name: String
    var allowed: Double
    var change: Double
    var interval: Interval?
    var isDistinguishable: Bool
    var passes: Bool
  }

  var passes: Bool
  var strict: Bool
  var pictures: Int
  var result: Side
  var baseline: Side
  var rules: [Rule]

  init(_ verdict: GateVerdict, _ side: Gate.Side, _ other: Gate.Side) {
    (passes, strict, pictures) = (verdict.passes, verdict.isStrict, verdict.pictureCount)
    (result, baseline) = (Side(side), Side(other))
    rules = verdict.checks.map {
      Rule(
        name: $0.rule.name, allowed: $0.rule.allowed, change: $0.measured, interval: $0.interval,
        isDistinguishable: $0.isDistinguishable, passes: $0.passes)
    }
  }
}
