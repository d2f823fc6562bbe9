// The rows of all pictures, from one file or from the files of all parts.

import SedgeTensor

/// All rows of an evaluation, in the order of the data set.
package struct RowSet {
  /// The plan, without a part.
  package let plan: EvaluationPlan
  /// The number of rows, failures among them.
  package var count: Int { places.count }
  private let files: [RowFile]
  private let places: [(file: Int, entry: RowFile.Entry)]

  /// Puts files together.
  ///
  /// - Parameter isPartial: Whether pictures may be missing.
  /// - Throws: ``EvaluationError`` where files are of different evaluations, or pictures have no row or several;
  ///   `FormatError` where a file is damaged.
  package init(paths: [String], isPartial: Bool = false) throws {
    precondition(!paths.isEmpty)
    files = try paths.map { try RowFile(path: $0) }
    var plan = files[0].plan
    for file in files.dropFirst() {
      guard let difference = plan.difference(from: file.plan) else { continue }
      throw EvaluationError(
        .otherEvaluation(
          setting: difference.what, found: difference.others, expected: difference.mine,
          other: files[0].path),
        path: file.path)
    }
    var found: [Int: (file: Int, entry: RowFile.Entry)] = [:]
    for (index, file) in files.enumerated() {
      for entry in file.entries {
        if let other = found[entry.index] {
          throw EvaluationError(
            .duplicatePicture(name: try file.row(entry).name, other: files[other.file].path),
            path: file.path)
        }
        found[entry.index] = (index, entry)
      }
    }
    places = found.values.sorted { $0.entry.index < $1.entry.index }
    if !isPartial, places.count < plan.data.pictureCount {
      throw Self.missing((0..<plan.data.pictureCount).lazy.filter { found[$0] == nil }, files)
    }
    plan.shard = .whole
    self.plan = plan
  }

  private static func missing(_ indices: some Sequence<Int>, _ files: [RowFile]) -> EvaluationError {
    let count = files.map(\.plan.shard.count).max() ?? 1
    var missingCount = 0
    var numbers: Set<Int> = []
    for index in indices {
      missingCount += 1
      numbers.insert(index % count + 1)
    }
    return EvaluationError(
      .missingPictures(
        count: missingCount, of: files[0].plan.data.pictureCount,
        shards: count > 1 ? numbers.sorted().map { "\($0)/\(count)" } : []))
  }

  /// Reads every row, one after another.
  package func forEach(_ body: (PictureRow) throws -> Void) throws {
    for (file, entry) in places { try body(files[file].row(entry)) }
  }
}
