// Several conversions, one after another.

import ArgumentParser
import Sedge
import SedgeEvaluation
import SedgeTensor

/// The conversions of a list, or of a part of it.
struct ConversionBatch {
  private let command: ConvertCommand
  private let entries: [(index: Int, entry: ConversionList.Entry, command: ConvertCommand)]
  private let listPath: String

  /// Reads the list and the options of every conversion, and looks at all outputs before any work.
  ///
  /// - Throws: `FormatError` or `OptionError` for the first conversion that cannot be understood, also of another part.
  init(_ path: String, of command: ConvertCommand) throws {
    let shard = try Shard(option: command.batch.shard)
    let list = try ConversionList(path: path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var parser = ConversionParser()
    var all: [ConvertCommand] = []
    for (index, entry) in list.entries.enumerated() {
      let parsed = try parser.command(
        of: entry, options: list.options + entry.options, place: "\(path): conversions [\(index)]")
      var each = parsed.placed { $0.hasPrefix("/") ? $0 : folder + $0 }
      each.overwrite.force = each.overwrite.force || command.overwrite.force
      each.skipExisting = each.skipExisting || command.skipExisting
      each.dryRun = command.dryRun
      all.append(each)
    }
    let outputs = all.flatMap(\.outputs)
    var places: Set<String> = []
    if let twice = outputs.first(where: { !places.insert(FileSystem.place(ofOutput: $0.path)).inserted }) {
      throw OptionError("\(path): two conversions write \(twice.path)")
    }
    try checkApart(outputs, from: [path])
    do {
      try checkApart(outputs, from: all.flatMap(\.inputs))
    } catch {
      throw OptionError("\(error); no conversion of a list may depend on another")
    }
    (self.command, listPath) = (command, path)
    entries = zip(list.entries, all).enumerated().filter { shard.contains($0.offset) }.map {
      (index: $0.offset, entry: $0.element.0, command: $0.element.1)
    }
  }

  /// The options that go with `--batch`.
  private static let ownOptions: Set = [
    "--batch", "--shard", "--force", "--skip-existing", "--dry-run", "--json",
  ]

  /// The options of a command line that belong to single conversions.
  static func foreignOptions(in arguments: [String]) -> [String] {
    arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { String($0.prefix { $0 != "=" }) }.filter { !ownOptions.contains($0) }
  }

  /// Converts; one conversion that fails does not stop the others.
  ///
  /// - Throws: Exit code 3 where some failed.
  func run() throws {
    var results: [BatchJSON.Conversion] = []
    var assumptions: [String] = []
    for (count, item) in entries.enumerated() {
      let output = item.command.output ?? ""
      if !command.json {
        printError(
          "\(count + 1) of \(entries.count): \(item.command.sources.joined(separator: " ")) to \(output)")
      }
      results.append(try result(of: item.command, index: item.index, &assumptions))
    }
    printAssumed(assumptions)
    let report = BatchJSON(list: listPath, results)
    if command.json { try printJSON(report) } else { report.printed() }
    if report.failed > 0 { throw ExitCode(3) }
  }

  /// Prints each assumption once, with the number of conversions that made it.
  private func printAssumed(_ assumptions: [String]) {
    var known: Set<String> = []
    for text in assumptions where known.insert(text).inserted {
      let count = assumptions.count { $0 == text }
      printError("assumed: in \(counted(count, "conversion")): \(text)")
    }
  }

  private func result(
    of command: ConvertCommand, index: Int, _ assumptions: inout [String]
  ) throws -> BatchJSON.Conversion {
    var result = BatchJSON.Conversion(
      index: index, sources: command.sources, file: command.output ?? "", status: .failed)
    let start = ContinuousClock.now
    let display = ProgressDisplay()
    defer { display.clear() }
    do {
      let outcome = try command.outcome(
        note: { if !self.command.json { printError("note: \($0)") } }, progress: display.show)
      switch outcome {
      case .converted(let summary):
        result.status = .converted
        (result.fileBytes, result.sha256) = (summary.outputByteCount, summary.outputSHA256)
        result.sourceBytes = summary.sourceByteCount
        result.notes = summary.notes
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        assumptions += ConversionText(summary: summary, isWhole: false).assumptions
      case .skipped(let path):
        result.status = .skipped
        result.fileBytes = FileSystem.byteCount(ofFile: path)
      case .estimated(_, let estimate):
        result.status = .estimated
        result.fileBytes = estimate.likelyByteCount ?? estimate.byteCounts.upperBound
        result.sourceBytes = estimate.sourceByteCount
        (result.seconds, result.memoryBytes) = (estimate.seconds, estimate.memoryByteCount)
      }
    } catch {
      // A bug, or an interruption, ends the whole.
      guard let text = inputErrorText(error) else { throw error }
      display.clear()
      printError("sedge: " + text)
      result.error = text.text
      result.seconds = (ContinuousClock.now - start) / .seconds(1)
    }
    return result
  }
}

/// What `convert --batch --json` prints.
struct BatchJSON: JSONReport {
  static var kind: ReportKind { .conversionBatch }

  enum Status: String, Encodable { case converted, skipped, estimated, failed }

  struct Conversion: Encodable {
    /// Its place in the list, from 0.
    var index: Int
    var sources: [String]
    var file: String
    var status: Status
    var error: String?
    var sourceBytes: Int?
    var fileBytes: Int?
    var sha256: String?
    /// That it took or, with `--dry-run`, will take; `nil` where it was skipped.
    var seconds: Double?
    /// With `--dry-run`.
    var memoryBytes: Int?
    var notes: [String]?
  }

  var list: String
  var converted: Int
  var skipped: Int
  var estimated: Int
  var failed: Int
  var conversions: [Conversion]

  init(list: String, _ conversions: [Conversion]) {
    let count = { (status: Status) in conversions.count { $0.status == status } }
    self.list = list
    self.conversions = conversions
    converted = count(.converted)
    skipped = count(.skipped)
    estimated = count(.estimated)
    failed = count(.failed)
  }

  func printed() {
    guard !conversions.isEmpty else { return print("no conversion of the list is in this part") }
    var table = TextTable([
      ("output", .left), ("", .left), ("source size", .right), ("size", .right), ("time", .right),
    ])
    for conversion in conversions {
      table.add([
        conversion.file, conversion.status.rawValue, conversion.sourceBytes.map { bytesText($0) } ?? "",
        conversion.fileBytes.map { bytesText($0) } ?? "", conversion.seconds.map { durationText($0) } ?? "",
      ])
    }
    print(OutputLine(lines: table.lines(width: WrappedText.width)))
    for conversion in conversions {
      if let error = conversion.error { print("\(conversion.file): \(lines: error)") }
    }
    let counts: [(Int, Status)] = [
      (converted, .converted), (skipped, .skipped), (estimated, .estimated), (failed, .failed),
    ]
    let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1.rawValue)" }
    print("\(conversions.count) conversions: \(parts.joined(separator: ", "))")
    if estimated > 0 {
      let seconds = conversions.compactMap(\.seconds).reduce(0, +)
      print(
        "about \(durationText(seconds)), at most about \(bytesText(conversions.compactMap(\.memoryBytes).max() ?? 0)) of memory"
      )
    }
  }
}
