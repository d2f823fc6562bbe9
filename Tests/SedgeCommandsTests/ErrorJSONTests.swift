// Errors of commands with --json.

import Foundation
import TestSupport
import Testing

@Suite("Errors as JSON")
struct ErrorJSONTests {
  /// A command line, its exit code, and members that its error must have.
  struct Case: CustomTestStringConvertible, Sendable {
    var arguments: String
    var status: Int32 = 2
    var file: String?
    var hasProblems = false
    var testDescription: String { arguments }
  }

  private static let cases = [
    Case(arguments: "inspect {in}/missing.sedge --json", file: "{in}/missing.sedge"),
    Case(arguments: "inspect {in}/cut3000.safetensors --json", file: "{in}/cut3000.safetensors"),
    Case(
      arguments: "verify {in}/flipped_header.sedge --against {in}/linear.safetensors --json",
      file: "{in}/flipped_header.sedge"),
    Case(arguments: "diff {in}/linear.sedge {in}/cut7.h5 --json", file: "{in}/cut7.h5"),
    Case(
      arguments: "convert {in}/no_model.safetensors -o {out}/m.sedge --json",
      file: "{in}/no_model.safetensors", hasProblems: true),
    Case(arguments: "convert {in}/linear.safetensors -o {in}/linear.safetensors --json", status: 64),
    Case(arguments: "segment {in}/f32.sedge {in}/empty --classes sky --json", file: "{in}/empty"),
    Case(arguments: "inspect --json", status: 64),
    Case(arguments: "verify {in}/f32.sedge --json", status: 64),
    Case(arguments: "segment {in}/f32.sedge --json --top-k many", status: 64),
  ]

  @Test("An error is one object of the schema, and its text that of standard error", arguments: cases)
  func errors(item: Case) throws {
    let folder = try TemporaryFolder()
    let inputs = try Inputs.shared
    let placed = { (text: String) in
      text.replacing("{in}", with: inputs.path).replacing("{out}", with: folder.path)
    }
    let outcome = try SedgeProgram.run(placed(item.arguments).split(separator: " ").map(String.init))
    #expect(outcome.status == item.status, "\(outcome)")
    let object = try outcome.json()
    #expect(object["report"] as? String == "error")
    let error = try #require(object["error"] as? [String: Any])
    #expect(error["exit_code"] as? Int == Int(item.status))
    let message = try #require(error["message"] as? String)
    #expect(outcome.diagnostics.contains(message), "\(message)")
    if let file = item.file { #expect(error["file"] as? String == placed(file)) }
    #expect(((error["problems"] as? [Any])?.isEmpty == false) == item.hasProblems)
  }

  @Test("Without --json, and behind the end of options, standard output stays empty")
  func without() throws {
    #expect(try SedgeProgram.run(["inspect", "/nowhere"]).output == "")
    #expect(try SedgeProgram.run(["inspect", "--", "--json"]).output == "")
  }
}
