// sedge evaluate: how accurate models are on labelled pictures.

import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeContainer
import SedgeEvaluation
import SedgeReport
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the accuracy of models on labelled pictures.",
    usage: "sedge evaluate <model> ... --data <set> [<options>]",
    discussion: """
      Segments each picture with each model, a .sedge file or a checkpoint, and counts its pixels by predicted and true \
      class: mIoU, mACC, fwIoU, pACC as detectron2 defines them, Boundary IoU, each with an interval of 95 % by the \
      bootstrap over pictures. The first model is the reference of the others: differences are paired by picture.

      A row for each picture is written to --rows as it comes; --resume continues after any interruption. --shard \
      evaluates a part of the pictures, and sedge merge joins the rows of all parts to the same result.

      Exit code 3 where pictures could not be used; the others are evaluated.
      """)

  @Argument(
    help: ArgumentHelp("A .sedge file or a checkpoint; the first is the reference.", valueName: "model"),
    completion: .file())
  var models: [String] = []

  @OptionGroup(title: "Data") var data: DataSetOptions

  @Option(
    help: ArgumentHelp(
      "Early rejection: a list such as 1,2,4,8,all, each evaluated. (default: that of the first model, for all)",
      valueName: "k,k")
  )
  var topK: TopKList?

  @Option(
    help: ArgumentHelp(
      "The file of rows, one for each picture. (default: beside --output, RESULT.rows.jsonl)",
      valueName: "rows.jsonl"), completion: .file())
  var rows: String?

  @Flag(help: "Continue the file of rows where there is one.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Evaluate part i of n; auto takes i, and n where it is omitted, from Slurm's or Kubernetes' environment.",
      valueName: "i/n"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "Labels of a reference model, saved by --save-reference; may be repeated for its parts. It is the first model then.",
      valueName: "labels.jsonl"), completion: .file())
  var reference: [String] = []

  @Option(
    help: ArgumentHelp("Save the labels of the first model for --reference.", valueName: "labels.jsonl"),
    completion: .file())
  var saveReference: String?

  @Flag(help: "End at the first picture that cannot be used.")
  var strict = false

  @Flag(help: "Check everything, evaluate one picture, print the estimated time, and end.")
  var dryRun = false

  @OptionGroup(title: "Result") var result: ResultOptions

  @OptionGroup var options: EvaluatedModelOptions

  /// What stands behind `--top-k`.
  struct TopKList: ExpressibleByArgument {
    var topKs: [Int?]

    init?(argument: String) {
      let items = argument.split(separator: ",", omittingEmptySubsequences: false)
        .map { TopK(argument: String($0.filter { $0 != " " })) }
      topKs = items.compactMap(\.self).map(\.count)
      guard topKs.count == items.count, Set(topKs).count == topKs.count else { return nil }
    }
  }

  func validate() throws {
    try data.requireDataSet()
    guard !models.isEmpty || !reference.isEmpty else { throw ValidationError("expected a model") }
    if saveReference != nil, models.isEmpty || !reference.isEmpty {
      throw ValidationError("--save-reference saves the labels of the first model, and needs one")
    }
    if shard != nil {
      guard result.output == nil, result.html == nil, result.table.isEmpty, !result.json else {
        throw ValidationError("--shard writes rows alone; sedge merge makes the result")
      }
      guard rows != nil || dryRun else { throw ValidationError("--shard: expected --rows, the file of rows") }
    }
    for (option, path) in [("--rows", rows), ("--save-reference", saveReference)] {
      if let path { try OutputFormat.jsonLines.check(option, path) }
    }
    if resume, rowsPath == nil {
      throw ValidationError("--resume: expected --rows or --output, which name the file to continue")
    }
  }

  /// The file of rows that stays; `nil` where none does.
  private var rowsPath: String? {
    if let rows { return rows }
    guard let output = result.output else { return nil }
    return (output.hasSuffix(".json") ? String(output.dropLast(".json".count)) : output) + ".rows.jsonl"
  }

  func run() throws {
    let shard = try Shard(option: shard)
    let note = { (text: String) in printError("note: \(text)") }
    try checkFiles()
    let architectureOptions = options.source.architectureOptions
    let kinds = models.compactMap { ModelKind(ofFile: $0, options: architectureOptions) }
    let data = try data.evaluationData(for: kinds, note: note)
    try checkApart(outputs, from: data.inputs)
    try options.compute.noteSpeed()
    let display = ProgressDisplay()
    var models = try loadModels(data, display: display)
    var run = EvaluationRun(data: data, models: models, sedgeVersion: sedgeVersion, shard: shard)
    display.clear()
    for text in run.plan.topKNotes { note(text) }
    if dryRun {
      try printEstimate(run, data)
      return
    }
    let temporary = rowsPath == nil ? TemporaryFile("rows.jsonl") : nil
    let path = rowsPath ?? temporary?.path ?? ""
    let log =
      resume
      ? try RowLog(resuming: path, plan: run.plan)
      : try RowLog(creating: path, plan: run.plan, replacing: result.force || temporary != nil)
    if let saveReference {
      models[0] = try labelStore(of: models[0], path: saveReference, data, finished: log.finished)
      run = EvaluationRun(data: data, models: models, sedgeVersion: sedgeVersion, shard: shard)
    }
    let remaining = run.remaining(log)
    if !log.finished.isEmpty {
      printError(
        "note: \(countText(log.finished.count)) pictures have rows, \(countText(remaining.count)) are left")
    }
    var sheet: PictureSheet?
    if result.html != nil {
      sheet = PictureSheet(classNames: data.countedClassNames)
      run.observe = { try sheet?.add(ReportPicture($0)) }
    }
    try options.run(run, remaining, into: log, isStrict: strict, display: display)
    let isComplete =
      self.shard == nil
      ? try result.finish(RowSet(paths: [path]), pictures: sheet) : try finishPart(path, shard)
    if !isComplete { throw ExitCode(CommandExit.someInputsUnusable) }
  }

  /// Prints what rows a part has.
  ///
  /// - Returns: Whether every picture could be evaluated.
  private func finishPart(_ path: String, _ shard: Shard) throws -> Bool {
    let file = try RowFile(path: path)
    let failureCount = file.entries.count(where: \.isFailure)
    print(
      "part \(shard): rows of \(countText(file.entries.count - failureCount)) pictures in \(path)")
    return failureCount == 0
  }

  /// The files that are written, by option.
  private var outputs: [(option: String, path: String)] {
    result.outputs
      + [("--rows", rowsPath), ("--save-reference", saveReference)].compactMap { option, path in
        path.map { (option, $0) }
      }
  }

  /// Makes sure, before any work, that every file can be written and none is an input or another output.
  private func checkFiles() throws {
    let inputs = models + reference + data.inputs + options.inputs + models.compactMap(options.textCache.path)
    try result.check(inputs: inputs)
    let growing = outputs.dropFirst(result.outputs.count).map(\.path).filter {
      FileSystem.kind(of: $0) == .file
    }
    if !resume, !result.force, let path = growing.first { throw EvaluationError(.rowsExist, path: path) }
    try checkOutputs(outputs, inputs: inputs) { resume && growing.contains($0.path) }
  }

  private func loadModels(
    _ data: EvaluationData, display: ProgressDisplay
  ) throws -> [any EvaluatedModel] {
    var loaded: [any EvaluatedModel] = []
    if !reference.isEmpty {
      loaded.append(try SavedLabels(paths: reference, data: data.plan, sedgeVersion: sedgeVersion))
    }
    for path in models {
      let request: TopKSettings.Request =
        topK.map { .given($0.topKs) } ?? loaded.first.map { .reference($0.topKs) } ?? .ownDefault
      loaded.append(try options.load(path, for: data, topK: request, display: display))
    }
    return loaded
  }

  /// A model whose labels are saved.
  private func labelStore(
    of model: any EvaluatedModel, path: String, _ data: EvaluationData, finished: Set<Int>
  ) throws -> any EvaluatedModel {
    let plan = LabelStorePlan(
      sedgeVersion: sedgeVersion, data: data.plan, model: model.facts, topKs: model.topKSettings)
    let store = try LabelStoreWriter(
      of: model, path: path, plan: plan, continues: resume, replaces: result.force)
    try store.check(finished)
    return store
  }

  /// Evaluates one picture without a row, and prints what all of them would take.
  private func printEstimate(_ run: EvaluationRun, _ data: EvaluationData) throws {
    let indices = data.items.indices.filter { run.plan.shard.contains($0) }
    let seconds = try run.secondsOfOnePicture(indices)
    print(
      "\(data.name): \(countText(indices.count)) pictures, \(countText(data.countedClassNames.count)) classes, preprocessing \(data.resizing)"
    )
    for model in run.plan.models {
      print(
        "\(model.name): \(model.architecture), \(model.compute), top-k \(model.topK.map(String.init) ?? "all")"
      )
    }
    print(
      "estimated time: \(durationText(seconds * Double(indices.count))), \(decimalText(seconds, digits: 3)) s a picture"
    )
  }
}
