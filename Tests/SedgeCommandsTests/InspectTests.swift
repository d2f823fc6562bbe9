// The reports of inspect.

import TestSupport
import Testing

@Suite("inspect")
struct InspectTests {
  @Test("Values are looked at where asked for, and not otherwise")
  func values() throws {
    let path = try Inputs.shared.file("non_finite.safetensors")
    #expect(try SedgeProgram.run(["inspect", path, "--text-heads", "2"]).status == 0)
    #expect(try SedgeProgram.run(["inspect", path, "--text-heads", "2", "--values"]).status == 2)
  }

  @Test("--stats measures every tensor, and says what is suspicious")
  func statistics() throws {
    let arguments = ["inspect", shapesCheckpoint, "--text-heads", "4", "--stats"]
    let object = try SedgeProgram.run(arguments + ["--json"]).json()
    #expect(keysNotInSnakeCase(object) == [])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    for tensor in tensors {
      let statistics = try #require(tensor["statistics"] as? [String: Any])
      let histogram = try #require(statistics["histogram"] as? [String: Any])
      let counted =
        try #require(histogram["counts"] as? [Int]) + [
          try #require(histogram["below"] as? Int), try #require(histogram["above"] as? Int),
        ]
      #expect(counted.reduce(0, +) == tensor["parameters"] as? Int)
    }
    let embedding = try #require(
      tensors.first { ($0["name"] as? String)?.hasSuffix("token_embedding.weight") == true })
    let statistics = try #require(embedding["statistics"] as? [String: Any])
    #expect(statistics["zero_channels"] as? Int == 49_370)
    let text = try SedgeProgram.run(arguments).output
    #expect(text.contains("\n- zeros in 49,370 of 49,408 rows, the first row 1: "))
    let whole = try SedgeProgram.run(arguments + ["--tensors", "head"]).output
    #expect(whole.contains("\nvalues of "))
    let values = try SedgeProgram.run(
      ["inspect", try Inputs.shared.file("non_finite.safetensors"), "--stats"]
    ).output
    #expect(values.contains("infinite values in float32: convert refuses the model"))
  }

  #if os(Linux)
    @Test("A result that cannot be written is no success")
    func fullOutput() throws {
      let outcome = try SedgeProgram.run(["inspect", shapesCheckpoint, "--json"], outputPath: "/dev/full")
      #expect(outcome.status == 2)
      #expect(outcome.errors.hasPrefix("sedge: standard output: cannot be written: "))
    }
  #endif

  @Test(
    "--json agrees with the text",
    arguments: ["f32.sedge", "dropped.sedge", "linear.safetensors", "many.safetensors"])
  func json(name: String) throws {
    let arguments = ["inspect", try Inputs.shared.file(name), "--text-heads", "2"]
    let outcome = try SedgeProgram.run(arguments + ["--json"])
    let text = try SedgeProgram.run(arguments + ["--tensors"])
    #expect(outcome.status == text.status)
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(object["tensor_count"] as? Int == tensors.count)
    #expect(text.output.contains(", \(tensors.count) tensors, "))
    #expect(object["fits"] as? Bool == text.output.contains(": fits SED"))
    for tensor in tensors {
      let name = try #require(tensor["name"] as? String)
      #expect(text.output.contains("\n\(name) "), "\(name)")
    }
    for problem in try #require(object["problems"] as? [[String: Any]]) {
      let description = try #require(problem["description"] as? String)
      #expect(text.output.contains("\n  \(description)\n"))
    }
    let parts = try #require(object["parts"] as? [[String: Any]])
    #expect(
      parts.compactMap { $0["bytes"] as? Int }.reduce(0, +)
        == tensors.compactMap { $0["bytes"] as? Int }.reduce(0, +))
  }
}
