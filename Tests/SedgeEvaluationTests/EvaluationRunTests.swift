// Rows of an evaluation: parts, interruptions, damage.

import Foundation
import SedgeEvaluation
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("Evaluation in parts")
struct EvaluationRunTests {
  private static func models() -> [any EvaluatedModel] {
    [DrawnModel("a", seed: 1, topKs: [1, 2, nil]), DrawnModel("b", seed: 2, topKs: [1, 2, nil])]
  }

  @Test("Any number of parts gives the bytes of the whole", arguments: [1, 2, 7, 30])
  func shards(count: Int) throws {
    let drawn = try DrawnEvaluation(pictureCount: 23)
    try drawn.run(Self.models(), into: drawn.file("whole"))
    var parts: [String] = []
    for number in 1...count {
      let path = drawn.file("part-\(number)")
      try drawn.run(
        Self.models(), shard: try #require(Shard(number: number, count: count)), into: path)
      parts.append(path)
    }
    #expect(try drawn.result(parts.reversed()) == drawn.result([drawn.file("whole")]))
  }

  @Test("A log that ends at any byte is continued to the same bytes, and no picture is evaluated twice")
  func resumption() throws {
    let drawn = try DrawnEvaluation(pictureCount: 6)
    try drawn.run(Self.models(), into: drawn.file("whole"))
    let expected = try drawn.result([drawn.file("whole")])
    let log = try bytes(of: drawn.file("whole"))
    let breaks = log.indices.filter { log[$0] == UInt8(ascii: "\n") }
    let cut = drawn.file("cut")
    let cuts = Array(stride(from: 0, through: log.count, by: 97)) + breaks + breaks.map { $0 + 1 }
    for count in cuts {
      _ = try drawn.folder.write(Array(log.prefix(count)), to: "cut")
      let models = [
        DrawnModel("a", seed: 1, topKs: [1, 2, nil]), DrawnModel("b", seed: 2, topKs: [1, 2, nil]),
      ]
      try drawn.run(models, into: cut, resuming: true)
      #expect(try drawn.result([cut]) == expected, "\(count) bytes")
      let rowCount = max(0, log.prefix(count).count(where: { $0 == UInt8(ascii: "\n") }) - 1)
      #expect(models[0].runCount == 3 * (6 - rowCount), "\(count) bytes")
    }
  }

  @Test("A flipped bit anywhere but in the unfinished last line is found")
  func damage() throws {
    let drawn = try DrawnEvaluation(pictureCount: 3)
    try drawn.run(Self.models(), into: drawn.file("whole"))
    let log = try bytes(of: drawn.file("whole"))
    let lastLine = (log.dropLast().lastIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
    for offset in stride(from: 0, to: lastLine, by: 41) {
      var damaged = log
      damaged[offset] ^= 4
      let path = try drawn.folder.write(damaged, to: "damaged")
      #expect(throws: (any Error).self, "byte \(offset)") { try RowFile(path: path) }
    }
  }

  @Test("Missing, double and foreign rows are refused")
  func strangers() throws {
    let drawn = try DrawnEvaluation(pictureCount: 5)
    let shards = try (1...3).map { try #require(Shard(number: $0, count: 3)) }
    let parts = try shards.map { shard in
      let path = drawn.file("part-\(shard.number)")
      try drawn.run(Self.models(), shard: shard, into: path)
      return path
    }
    let missing = #expect(throws: EvaluationError.self) { try RowSet(paths: [parts[0], parts[2]]) }
    #expect(missing?.kind == .missingPictures(count: 2, of: 5, shards: ["2/3"]))
    let double = #expect(throws: EvaluationError.self) { try RowSet(paths: parts + [parts[1]]) }
    #expect(double?.kind == .duplicatePicture(name: "picture-1001", other: parts[1]))
    let foreign = drawn.file("foreign")
    try drawn.run([DrawnModel("a", seed: 1, topKs: [1])], shard: shards[1], into: foreign)
    let stranger = #expect(throws: EvaluationError.self) { try RowSet(paths: [parts[0], foreign, parts[2]]) }
    #expect(
      stranger?.kind
        == .otherEvaluation(
          setting: "models", found: "a", expected: "a, a, a, b, b, b", other: parts[0]))
    let resumed = #expect(throws: EvaluationError.self) {
      try drawn.run(Self.models(), shard: shards[0], into: parts[1], resuming: true)
    }
    #expect(resumed?.kind == .otherShard(found: "2/3", expected: "1/3"))
    let existing = #expect(throws: EvaluationError.self) {
      try drawn.run(Self.models(), shard: shards[0], into: parts[0])
    }
    #expect(existing?.kind == .rowsExist)
  }

  @Test("A damaged picture costs its row, is told, and is tried again when the run is resumed")
  func damagedPicture() throws {
    let drawn = try DrawnEvaluation(pictureCount: 4)
    let picture = drawn.file("pictures/picture-1002.png")
    let sound = try bytes(of: picture)
    _ = try drawn.folder.write(Array(sound.prefix(60)), to: "pictures/picture-1002.png")
    let log = drawn.file("log")
    var errors: [String?] = []
    try drawn.run(Self.models(), into: log) { errors.append($0.error) }
    #expect(errors.map { $0 != nil } == [false, false, true, false])
    let result = try EvaluationResult(RowSet(paths: [log]))
    #expect(result.failures.map(\.picture) == ["picture-1002"])
    #expect(result.data.pictureCount == 3)
    #expect(throws: FormatError.self) {
      try drawn.run(Self.models(), into: drawn.file("strict"), isStrict: true)
    }
    _ = try drawn.folder.write(sound, to: "pictures/picture-1002.png")
    try drawn.run(Self.models(), into: log, resuming: true)
    try drawn.run(Self.models(), into: drawn.file("whole"))
    #expect(try drawn.result([log]) == drawn.result([drawn.file("whole")]))
  }

  @Test("Saved labels take the place of their model")
  func savedLabels() throws {
    let drawn = try DrawnEvaluation(pictureCount: 5)
    try drawn.run(Self.models(), into: drawn.file("whole"))
    let reference = DrawnModel("a", seed: 1, topKs: [1, 2, nil])
    let plan = LabelStorePlan(
      sedgeVersion: "test", data: drawn.data.plan, model: reference.facts, topKs: reference.topKSettings)
    let path = drawn.file("labels.jsonl")
    try drawn.run(
      [try LabelStoreWriter(of: reference, path: path, plan: plan, continues: false)],
      into: drawn.file("reference"))
    let saved = try SavedLabels(paths: [path], data: drawn.data.plan, sedgeVersion: "test")
    try drawn.run(
      [saved, DrawnModel("b", seed: 2, topKs: [1, 2, nil])], into: drawn.file("compared"))
    #expect(try drawn.result([drawn.file("compared")]) == drawn.result([drawn.file("whole")]))
    let other = try DrawnEvaluation(pictureCount: 4)
    let refusal = #expect(throws: EvaluationError.self) {
      try SavedLabels(paths: [path], data: other.data.plan, sedgeVersion: "test")
    }
    #expect(
      refusal?.kind == .otherReference(setting: "number of pictures", found: "5", expected: "4"))
  }

  @Test("Figures are those of counts made pixel by pixel; differences are paired with the same k")
  func figures() throws {
    let drawn = try DrawnEvaluation(pictureCount: 8)
    try drawn.run(Self.models(), into: drawn.file("log"))
    let result = try EvaluationResult(RowSet(paths: [drawn.file("log")]))
    #expect(result.models.map(\.name) == ["a", "a", "a", "b", "b", "b"])
    #expect(result.models.map(\.topK) == [1, 2, nil, 1, 2, nil])
    #expect(result.differences.map(\.model) == [0, 1, 3, 4, 5])
    #expect(result.differences.map(\.reference) == [2, 2, 0, 1, 2])
    for (position, topK) in [1, 2, nil].enumerated() {
      var matrix = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
      var change = LabelChange.zero
      for index in 0..<8 {
        let labels = DrawnModel.labels(seed: 2, index: index, topK: topK)
        let others = DrawnModel.labels(seed: 1, index: index, topK: topK)
        for pixel in labels.indices {
          let truth = DrawnEvaluation.truth(index, pixel)
          matrix[Int(labels[pixel])][truth == 255 ? 4 : truth] += 1
          change.pixels += 1
          guard labels[pixel] != others[pixel] else { continue }
          change.changed += 1
          if Int(labels[pixel]) == truth { change.toward += 1 }
          if Int(others[pixel]) == truth { change.away += 1 }
        }
      }
      #expect(result.models[3 + position].confusion == matrix)
      #expect(result.differences[2 + position].labels == change)
      let ious = (0..<4).map { label in
        let rows = (0..<4).reduce(0) { $0 + matrix[label][$1] }
        let columns = (0..<4).reduce(0) { $0 + matrix[$1][label] }
        return Double(matrix[label][label]) / Double(rows + columns - matrix[label][label])
      }
      #expect(result.models[3 + position].figures.miou == ious.reduce(0, +) / 4)
    }
  }
}
