// sedge merge: the rows of all parts of an evaluation to one result.

import ArgumentParser
import SedgeEvaluation

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the rows of all parts of an evaluation to one result.",
    usage: "sedge merge <rows.jsonl> ... [<options>]",
    discussion: """
      Takes the files that sedge evaluate --shard wrote, one for each part, and makes the same result as an evaluation of \
      all pictures at once. Files of other models, classes, settings or versions are refused, as are pictures that are \
      missing or there twice.

      Exit code 3 where some pictures could not be used.
      """)

  @Argument(help: ArgumentHelp("Files of rows, in any order.", valueName: "rows.jsonl"), completion: .file())
  var files: [String]

  @OptionGroup var result: ResultOptions

  func run() throws {
    try result.check(inputs: files)
    let rows = try RowSet(paths: files)
    for text in rows.plan.topKNotes { printError("note: \(text)") }
    guard try result.finish(rows) else { throw ExitCode(CommandExit.someInputsUnusable) }
  }
}
