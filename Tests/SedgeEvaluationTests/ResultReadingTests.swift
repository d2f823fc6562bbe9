// Files of results: what is written is read, and nothing else is.

import Foundation
import SedgeEvaluation
import SedgeTensor
import TestSupport
import Testing

@Suite("Reading results")
struct ResultReadingTests {
  private func read(_ text: String) throws -> EvaluationResult {
    try EvaluationResult(json: Array(text.utf8), path: "r.json")
  }

  private var made: MadeEvaluation {
    let float = MadeEvaluation.model("float", pictureCount: 5)
    var made = MadeEvaluation([float, float.losing([1, 2, 3, 4, 5], name: "int8")])
    made.changed = [30]
    return made
  }

  @Test("What is written is read again")
  func roundTrip() throws {
    var result = try read(made.json)
    result.models[0].figures.boundaryIou = 0.25
    result.models[0].intervals = [.boundaryIou: Interval(low: 0.125, high: 0.5)]
    result.models[0].topK = 8
    var text = ""
    try result.writeJSON(rows: { body in for row in result.pictures { try body(row) } }) { text += $0 }
    #expect(text.contains("\"boundary_iou\":{\"high\":0.5,\"low\":0.125}"))
    #expect(try read(text) == result)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let what: String
    var testDescription: String { what }
  }

  @Test(
    "A damaged result is refused with its fault",
    arguments: [
      Case(old: "\"picture_count\":5", new: "\"picture_count\":6", what: "it has 5 rows, expected 6"),
      Case(
        old: "\"confusion\":[[3", new: "\"confusion\":[[4",
        what: "the confusion of model float is not that of its rows"),
      Case(
        old: "\"figures\":{\"miou\":0.5}", new: "\"figures\":{\"miou\":1.5}",
        what: "model float has a figure outside 0...1"),
      Case(
        old: "\"intervals\":{}", new: "\"intervals\":{\"miou\":{\"low\":0.6,\"high\":0.5}}",
        what: "model float has an interval that is none"),
      Case(
        old: "\"reference\":0", new: "\"reference\":2",
        what: "a difference is of a model that it does not have"),
      Case(old: "\"changed\":30", new: "\"changed\":3000", what: "the labels of a difference are no counts"),
      Case(
        old: "\"classes\":[\"sky\",\"tree\"]", new: "\"classes\":[\"sky\"]",
        what: "model float has other classes"),
      Case(old: "\"classes\":[\"sky\",\"tree\"]", new: "\"classes\":[]", what: "it has no classes"),
      Case(old: "\"index\":1", new: "\"index\":0", what: "its rows are not in the order of the pictures"),
      Case(
        old: "\"intervals\":{}", new: "\"intervals\":{\"mIoU\":1}",
        what: "models[0].intervals.mIoU is not as a result has it"),
      Case(old: "\"kept_classes\":2,\"groups\"", new: "\"groups\"", what: "models[0] has no keptClasses"),
      Case(old: "\"pictures\":", new: "\"picture\":", what: "it has no pictures"),
    ])
  func damage(_ item: Case) throws {
    var text = made.json
    let place = try #require(text.range(of: item.old), "\(item.old)")
    text.replaceSubrange(place, with: item.new)
    let error = #expect(throws: FormatError.self) { try read(text) }
    #expect(error?.kind == .malformed(item.what))
  }

  @Test("Every cut of the file is refused, and no damaged byte traps")
  func mutations() throws {
    let bytes = Array(made.json.utf8)
    for count in stride(from: 0, to: bytes.count - 1, by: 7) {
      #expect(throws: (any Error).self) {
        try EvaluationResult(json: Array(bytes.prefix(count)), path: "r.json")
      }
    }
    var generator = SeededGenerator(state: 3)
    for _ in 0..<300 {
      var damaged = bytes
      generator.mutateOrShift(&damaged)
      _ = try? EvaluationResult(json: damaged, path: "r.json")
    }
  }

  @Test(
    "Files of another kind are named",
    arguments: [
      ("", EvaluationError.Kind.notAResult(found: nil)), ("[]", .notAResult(found: nil)),
      ("{}", .notAResult(found: nil)), ("{\"format\":\"x\"}", .notAResult(found: "x")),
      (
        "{\"format\":\"sedge evaluation rows\",\"version\":1}\n{\"index\":0}\n",
        .notAResult(found: "sedge evaluation rows")
      ),
    ])
  func otherFiles(text: String, kind: EvaluationError.Kind) {
    #expect(throws: EvaluationError(kind, path: "r.json")) { try read(text) }
  }

  @Test("A result of a newer version is refused")
  func newer() throws {
    let text = made.json.replacing("\"version\":1", with: "\"version\":2")
    let error = #expect(throws: FormatError.self) { try read(text) }
    #expect(error?.kind == .newerVersion(found: 2, supported: 1))
  }
}
