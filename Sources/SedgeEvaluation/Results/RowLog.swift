// The rows of an evaluation as they come.

package import SedgeTensor

/// A file of rows that grows by a row for each picture.
///
/// A row that was appended stays, whatever becomes of the process; after the end of the machine, rows of the last second
/// may be missing.
package final class RowLog {
  /// The file.
  package var path: String { file.path }
  /// The indices of pictures that have a row without an error.
  package private(set) var finished: Set<Int> = []
  private let file: AppendingFile
  private var lastSynchronization = ContinuousClock.now

  /// Begins a file.
  ///
  /// - Parameter replacing: Whether an existing file is replaced.
  /// - Throws: ``EvaluationError`` where a file exists that is not to be replaced, `FormatError` where it cannot be written.
  package init(creating path: String, plan: EvaluationPlan, replacing: Bool) throws {
    if let fault = plan.sizeFault { throw FormatError(fault, path: path) }
    if !replacing, FileSystem.kind(of: path) == .file { throw EvaluationError(.rowsExist, path: path) }
    file = try Self.begun(path, plan, replacing: replacing)
  }

  /// Continues a file where there is one; pictures with a row are not evaluated again, but for failures.
  ///
  /// - Throws: As ``RowFile/init(path:)``, and ``EvaluationError`` where the file is of another plan.
  package init(resuming path: String, plan: EvaluationPlan) throws {
    guard FileSystem.kind(of: path) == .file else {
      file = try Self.begun(path, plan, replacing: false)
      return
    }
    file = try AppendingFile(continuing: path)
    let line = try Self.line(plan)
    if try Self.endsWithin(line, path) {
      try file.truncate(to: 0)
      try file.append(line)
      return
    }
    let written = try RowFile(path: path)
    try Self.check(written, plan)
    if written.wholeByteCount < written.byteCount { try file.truncate(to: written.wholeByteCount) }
    finished = Set(written.entries.lazy.filter { !$0.isFailure }.map(\.index))
  }

  /// Whether a file ends before its first line does, as where the process ended while it was written.
  private static func endsWithin(_ line: [UInt8], _ path: String) throws(FormatError) -> Bool {
    let file = try InputFile(path: path)
    guard file.byteCount < line.count else { return false }
    return line.starts(with: try file.bytes(at: 0, count: file.byteCount))
  }

  private static func check(_ written: RowFile, _ plan: EvaluationPlan) throws(EvaluationError) {
    if let difference = plan.difference(from: written.plan) {
      throw EvaluationError(
        .otherEvaluation(
          setting: difference.what, found: difference.others, expected: difference.mine,
          other: "the requested one"), path: written.path)
    }
    guard written.plan.shard == plan.shard else {
      throw EvaluationError(
        .otherShard(found: written.plan.shard.description, expected: plan.shard.description),
        path: written.path)
    }
  }

  private static func begun(
    _ path: String, _ plan: EvaluationPlan, replacing: Bool
  ) throws -> AppendingFile {
    let line = try Self.line(plan)
    let file = try AppendingFile(creating: path, replacing: replacing)
    try file.append(line)
    return file
  }

  private static func line(_ plan: EvaluationPlan) throws -> [UInt8] {
    RowLine.bytes(try compactJSON(plan))
  }

  /// Appends a row.
  package func append(_ row: PictureRow) throws(FormatError) {
    try file.append(RowLine.bytes(row.json))
    let now = ContinuousClock.now
    guard now - lastSynchronization > .seconds(1) else { return }
    lastSynchronization = now
    try file.synchronize()
  }

  /// Makes sure that all rows are on the disk.
  package func finish() throws(FormatError) { try file.synchronize() }
}
