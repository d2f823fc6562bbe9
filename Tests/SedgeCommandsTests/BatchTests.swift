// convert --batch, --skip-existing and --dry-run.

import Foundation
import TestSupport
import Testing

@Suite("Many conversions")
struct BatchTests {
  private static let tiny = ["--text-heads", "2", "--resolution", "64", "--allow-no-class-names"]

  /// A folder with a checkpoint, a list of classes and a list of conversions.
  private static func desk(_ list: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: false)
    _ = try folder.write(bytes(of: fixture("tiny/linear.h5")), to: "in/linear.h5")
    _ = try folder.write(bytes(of: fixture("tiny/mlp.h5")), to: "in/mlp.h5")
    _ = try folder.write(bytes(of: fixture("clip/linear.safetensors")), to: "in/clip.safetensors")
    _ = try folder.write(Array("damaged".utf8), to: "in/damaged.h5")
    _ = try folder.write(Array(list.utf8), to: "list.json")
    return folder
  }

  private static let list = """
    {
      "options": ["--text-heads", "2", "--resolution", "64", "--allow-no-class-names"],
      "conversions": [
        {"sources": ["in/linear.h5"], "output": "a.sedge"},
        {"sources": ["in/damaged.h5"], "output": "b.sedge", "options": ["--quantize", "int8"]},
        {"sources": ["in/mlp.h5"], "output": "c.sedge", "options": ["--quantize", "int8", "--no-fold"]},
        {"sources": ["in/linear.h5"], "output": "d.sedge", "options": ["--quantize", "int4"]}
      ]
    }
    """

  private static func states(_ report: [String: Any]) throws -> [String] {
    try #require(report["conversions"] as? [[String: Any]]).map { $0["status"] as? String ?? "" }
  }

  @Test("A conversion that fails does not stop the others, and the files are those of single conversions")
  func batch() throws {
    let folder = try Self.desk(Self.list)
    let outcome = try SedgeProgram.run(["convert", "--batch", folder.file("list.json"), "--json"])
    #expect(outcome.status == 3, "\(outcome.diagnostics)")
    let report = try outcome.json()
    #expect(keysNotInSnakeCase(report) == [])
    #expect(try Self.states(report) == ["converted", "failed", "converted", "converted"])
    #expect((report["converted"] as? Int, report["failed"] as? Int) == (3, 1))
    let failed = try #require(report["conversions"] as? [[String: Any]])[1]
    #expect((failed["error"] as? String)?.contains("in/damaged.h5") == true)
    #expect(try folder.contents() == ["a.sedge", "c.sedge", "d.sedge", "in", "list.json"])
    let single = try SedgeProgram.run(
      [
        "convert", folder.file("in/mlp.h5"), "-o", folder.file("single.sedge"), "--quantize", "int8",
        "--no-fold",
      ]
        + Self.tiny)
    #expect(single.status == 0)
    #expect(try bytes(of: folder.file("single.sedge")) == bytes(of: folder.file("c.sedge")))
  }

  @Test("Parts together are the whole, and what is there is skipped")
  func shards() throws {
    let folder = try Self.desk(Self.list)
    for part in 1...2 {
      let outcome = try SedgeProgram.run([
        "convert", "--batch", folder.file("list.json"), "--shard", "\(part)/2", "--json",
      ])
      #expect(outcome.status == (part == 2 ? 3 : 0), "\(outcome.diagnostics)")
      let report = try outcome.json()
      let indices = try #require(report["conversions"] as? [[String: Any]]).map { $0["index"] as? Int }
      #expect(indices == (part == 1 ? [0, 2] : [1, 3]))
    }
    // Existing outputs are errors of their conversions, unless they are what would be made.
    let again = ["convert", "--batch", folder.file("list.json")]
    #expect(
      try Self.states(SedgeProgram.run(again + ["--json"]).json()) == [
        "failed", "failed", "failed", "failed",
      ])
    let skipped = try SedgeProgram.run(again + ["--skip-existing"], environment: ["COLUMNS": "80"])
    #expect(skipped.status == 3)
    #expect(skipped.output.contains("4 conversions: 3 skipped, 1 failed\n"))
    #expect(skipped.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test(
    "A list that cannot be understood is refused before any work",
    arguments: [
      (#"{"conversions": []}"#, "expected one or more"),
      (#"[1]"#, "is no list of conversions"),
      (#"{"conversions": [{"sources": ["in/linear.h5"]}]}"#, "conversions [0] has no output"),
      (#"{"conversions": [{"sources": [], "output": "a.sedge"}]}"#, "each with one or more sources"),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "option": []}]}"#,
        "there is no key option"
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "options": ["--quantise"]}]}"#,
        "conversions [0]: Unknown option '--quantise'"
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "options": ["--json"]}]}"#,
        "conversions [0]: --json is no option of a single conversion in a list"
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge"}, {"sources": ["in/mlp.h5"], "output": "./a.sedge"}]}"#,
        "two conversions write "
      ),
      (#"{"conversions": [{"sources": ["in/linear.h5"], "output": "list.json"}]}"#, "list.json"),
    ])
  func refusals(_ list: String, _ reason: String) throws {
    let folder = try Self.desk(list)
    let before = try folder.contents()
    let outcome = try SedgeProgram.run(["convert", "--batch", folder.file("list.json")])
    #expect(outcome.status == 2 && outcome.errors.contains(reason), "\(outcome.diagnostics)")
    #expect(try folder.contents() == before)
  }

  @Test("An output is skipped only where the same conversion has made it")
  func skipping() throws {
    let folder = try Self.desk("")
    let arguments = [
      "convert", folder.file("in/clip.safetensors"), "-o", folder.file("m.sedge"), "--skip-existing",
      "--quantize",
      "int8",
    ]
    let made = try SedgeProgram.run(arguments + Self.tiny)
    #expect(made.status == 0, "\(made.diagnostics)")
    let model = try bytes(of: folder.file("m.sedge"))
    func refusal(_ reason: String, _ arguments: [String]) throws {
      let outcome = try SedgeProgram.run(arguments)
      #expect(outcome.status == 2 && outcome.errors.contains(reason), "\(outcome.diagnostics)")
      #expect(try bytes(of: folder.file("m.sedge")) == model)
    }
    let skipped = try SedgeProgram.run(arguments + Self.tiny)
    #expect(skipped.status == 0 && skipped.output.contains("m.sedge: skipped"))
    #expect(
      try SedgeProgram.run(arguments + Self.tiny + ["--json"]).json()["report"] as? String
        == "convert-skipped")
    try refusal("with quantize int8, expected quantize int4", arguments.dropLast() + ["int4"] + Self.tiny)
    try refusal("with fold yes, expected fold no", arguments + Self.tiny + ["--no-fold"])
    try refusal(
      "other hyperparameters or preprocessing",
      arguments + ["--text-heads", "2", "--resolution", "96", "--allow-no-class-names"])
    // The same checkpoint under another name is the same source; another one is not.
    _ = try folder.write(bytes(of: folder.file("in/clip.safetensors")), to: "in/copy.safetensors")
    let copy = try SedgeProgram.run(
      [arguments[0], folder.file("in/copy.safetensors")] + arguments[2...] + Self.tiny)
    #expect(copy.status == 0 && copy.output.contains("skipped"))
    var tensors = try StoredTensor.all(in: fixture("clip/linear.safetensors"))
    tensors[0].bytes[0] ^= 1
    try StoredTensor.write(tensors, to: folder.file("in/changed.safetensors"))
    try refusal(
      "made from other sources",
      [arguments[0], folder.file("in/changed.safetensors")] + arguments[2...] + Self.tiny)
    // A damaged file is not what was made; --force makes it again.
    var damaged = model
    damaged[model.count / 2] ^= 1
    _ = try folder.write(damaged, to: "m.sedge")
    let refused = try SedgeProgram.run(arguments + Self.tiny)
    #expect(refused.status == 2 && refused.errors.contains("checksum"), "\(refused.diagnostics)")
    let forced = try SedgeProgram.run(arguments + Self.tiny + ["--force"])
    #expect(forced.status == 0 && !forced.output.contains("skipped"))
    #expect(try bytes(of: folder.file("m.sedge")) == model)
  }

  @Test(
    "A dry run writes nothing, and its size is that of the conversion within its error",
    arguments: ["f32", "lossless", "f16", "int8", "int4", "int2"])
  func dryRun(_ form: String) throws {
    let folder = try TemporaryFolder()
    for more in [[], ["--store", "raw"], ["--classes", fixture("shapes/classes.json"), "--drop-text"]] {
      if more.contains("raw"), !["f32", "f16", "int8"].contains(form) { continue }
      let arguments =
        ["convert", shapesCheckpoint, "-o", folder.file("m.sedge"), "--quantize", form] + shapesOptions + more
      let estimate = try SedgeProgram.run(arguments + ["--dry-run", "--json"])
      #expect(estimate.status == 0, "\(estimate.diagnostics)")
      #expect(try folder.contents() == [])
      let converted = try SedgeProgram.run(arguments + ["--json"]).json()
      let bytes = try #require(converted["file_bytes"] as? Int)
      let report = try estimate.json()
      let least = try #require(report["least_file_bytes"] as? Int)
      let largest = try #require(report["largest_file_bytes"] as? Int)
      // The header's size is known only when it is compressed.
      let slack = bytes / 500
      #expect(
        least - slack <= bytes && bytes <= largest + slack,
        "\(form) \(more): \(least)...\(largest), is \(bytes)")
      try FileManager.default.removeItem(atPath: folder.file("m.sedge"))
    }
  }

  @Test("A dry run with a budget says what decides")
  func budget() throws {
    let arguments =
      [
        "convert", shapesCheckpoint, "-o", "/nowhere.sedge", "--quantize", "auto", "--max-size", "600kB",
        "--dry-run",
      ]
      + shapesOptions
    let outcome = try SedgeProgram.run(arguments)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.output.contains("size     600.0 kB, the budget, source 4.4 MB\n"))
    #expect(outcome.output.contains("without running calibration pictures, the search for the budget\n"))
  }
}
