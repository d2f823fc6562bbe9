// Everything that --json prints is as the schema says, and the schema lets nothing else pass.

import Foundation
import TestSupport
import Testing

@Suite("Reports as JSON")
struct ReportSchemaTests {
  private static let shapes =
    "{fixtures}/shapes/sed_shapes.h5 --text-heads 4 --resolution 256 --templates {fixtures}/shapes/templates.json"
  private static let pictures =
    "--images {fixtures}/pictures --labels {fixtures}/pictures --classes {fixtures}/shapes/classes.json"
  private static let sky = "{fixtures}/pictures/sky.png"

  private static let cases = [
    "inspect {fixtures}/shapes/sed_shapes.h5 --text-heads 4", "inspect {in}/int8.sedge",
    "inspect {in}/clip_dropped.sedge", "inspect {in}/many.safetensors --text-heads 2",
    "inspect {in}/no_model.safetensors", "convert \(shapes) -o {out}/m.sedge --quantize int4",
    "convert {fixtures}/tiny/linear.h5 -o {out}/m.sedge --text-heads 2 --resolution 64 --allow-no-class-names",
    "convert \(shapes) -o {out}/m.sedge --quantize int4 --dry-run",
    "verify {in}/int8.sedge --against {fixtures}/shapes/sed_shapes.h5 --images {fixtures}/pictures",
    "verify {in}/clip_mlp.sedge --golden {fixtures}/clip/mlp.golden.safetensors",
    "diff {in}/f32.sedge {in}/int8.sedge", "diff {in}/f32.sedge {in}/unfolded.sedge",
    "diff {in}/linear.safetensors {in}/renamed.safetensors", "export {in}/int8.sedge -o {out}/m.safetensors",
    "sweep \(shapes) \(pictures) --forms f16", "evaluate {in}/int8.sedge \(pictures) --no-text-cache",
    "gate {in}/eval_int4.json --baseline {in}/eval_float.json --allow miou=-1%,labels=1%",
    "segment {in}/dropped.sedge \(sky) --labels {out}/l.png",
    "segment {in}/dropped.sedge \(sky) {in}/words.txt", "classify {in}/clip_dropped.sedge \(sky)",
    "bench {in}/f32.sedge --class-count 2 --repeats 1", "estimate {fixtures}/tiny/wide.h5 --bits 6 --time",
    "sign {in}/f32.sedge --key {in}/missing.pem -o {out}/m.sig",
    "inspect {in}/missing.sedge", "convert {in}/no_model.safetensors -o {out}/m.sedge", "verify",
  ]

  /// A run's reports, which ``SedgeProgram/run(_:input:outputPath:environment:)`` has held against the schema.
  private static func reports(_ arguments: String) throws -> [JSONValue] {
    let folder = try TemporaryFolder()
    let placeholders = try Placeholders(inputs: Inputs.shared, output: folder)
    let outcome = try SedgeProgram.run(placeholders.words(arguments + " --json"))
    return try ReportSchema.reports(in: outcome.output)
  }

  @Test("Every report has its kind and version", arguments: cases)
  func tagged(arguments: String) throws {
    let reports = try Self.reports(arguments)
    #expect(!reports.isEmpty)
    for report in reports {
      let kind = report["report"]?.text
      #expect(report["version"] == .number(1))
      let command = kind?.split(separator: "-").first.map(String.init)
      #expect(kind == "error" || arguments.hasPrefix(command ?? "-"), "\(arguments): \(kind ?? "none")")
    }
  }

  @Test("The reports of all commands are in the schema, and these tests have one of each")
  func complete() throws {
    let schema = try JSONValue(parsing: try bytes(of: ReportSchema.path))
    guard case .array(let references)? = schema["oneOf"] else { throw CocoaError(.coderInvalidValue) }
    let names = references.compactMap { $0["$ref"]?.text?.dropFirst("#/$defs/".count) }
    let kinds = Set(names.compactMap { $0.split(separator: "-").first.map(String.init) })
    let tested = Set(Self.cases.compactMap { $0.split(separator: " ").first.map(String.init) })
    #expect(kinds == tested.union(["error"]))
  }

  @Test(
    "The rows of several parts are merged to a report as that of evaluate, whose file has no times")
  func merged() throws {
    let folder = try TemporaryFolder()
    let placeholders = try Placeholders(inputs: Inputs.shared, output: folder)
    let rows = placeholders.words(
      "evaluate {in}/int8.sedge \(Self.pictures) --no-text-cache --rows {out}/r.jsonl")
    #expect(try SedgeProgram.run(rows).status == 0)
    let merge = placeholders.words("merge {out}/r.jsonl --output {out}/r.json --json")
    let report = try ReportSchema.reports(in: try SedgeProgram.run(merge).output)
    #expect(report.first?["report"] == .string("evaluate"))
    let file = try JSONValue(parsing: try bytes(of: folder.file("r.json")))
    #expect(try ReportSchema.faults(in: file) == [])
    #expect(file["times"] == nil && report.first?["times"] != nil)
  }

  @Test("A missing member, a further member and a value of another type are found", arguments: cases)
  func strict(arguments: String) throws {
    let report = try #require(try Self.reports(arguments).last)
    #expect(try ReportSchema.faults(in: report) == [])
    for place in report.places {
      let changed = report.changing(place) { $0 = .bool(true) }
      if case .bool? = report[place] {
        let other = report.changing(place) { $0 = .string("yes") }
        #expect(try !ReportSchema.faults(in: other).isEmpty, "\(place) as a string")
      } else {
        #expect(try !ReportSchema.faults(in: changed).isEmpty, "\(place) as a truth value")
      }
      guard case .object? = report[place] else { continue }
      let further = report.changing(place) { value in
        guard case .object(var members) = value else { return }
        members["further"] = .array([.null])
        value = .object(members)
      }
      #expect(try !ReportSchema.faults(in: further).isEmpty, "\(place) with a further member")
    }
    guard case .object(let members) = report else { throw CocoaError(.coderInvalidValue) }
    for name in ["report", "version"] {
      #expect(try !ReportSchema.faults(in: .object(members.filter { $0.key != name })).isEmpty)
    }
    let empty = JSONValue.object(members.filter { ["report", "version"].contains($0.key) })
    #expect(try !ReportSchema.faults(in: empty).isEmpty)
  }
}

extension JSONValue {
  /// The way from a report to a value in it.
  fileprivate typealias Place = [Step]

  fileprivate enum Step: Hashable, CustomStringConvertible {
    case member(String)
    case element(Int)

    var description: String {
      switch self {
      case .member(let name): name
      case .element(let index): "\(index)"
      }
    }
  }

  /// Every place, of the elements of an array only those of the first.
  fileprivate var places: [Place] {
    switch self {
    case .object(let members):
      return [[]] + members.flatMap { name, value in value.places.map { [.member(name)] + $0 } }
    case .array(let elements):
      return [[]] + (elements.first?.places ?? []).map { [.element(0)] + $0 }
    default: return [[]]
    }
  }

  fileprivate subscript(place: Place) -> JSONValue? {
    place.reduce(self as JSONValue?) { value, step in
      switch (value, step) {
      case (.object(let members), .member(let name)): members[name]
      case (.array(let elements), .element(let index)): elements[index]
      default: nil
      }
    }
  }

  fileprivate func changing(_ place: Place, _ change: (inout JSONValue) -> Void) -> JSONValue {
    var value = self
    guard let step = place.first else {
      change(&value)
      return value
    }
    let rest = Array(place.dropFirst())
    switch (self, step) {
    case (.object(var members), .member(let name)):
      members[name] = members[name]?.changing(rest, change)
      return .object(members)
    case (.array(var elements), .element(let index)):
      elements[index] = elements[index].changing(rest, change)
      return .array(elements)
    default: return value
    }
  }
}
