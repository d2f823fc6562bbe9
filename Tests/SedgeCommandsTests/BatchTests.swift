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
    #expect((report["conversions"] as? [[String: Any]])?.allSatisfy { $0["seconds"] is Double } == true)
    let assumptions = outcome.diagnostics.split(separator: "\n").filter { $0.hasPrefix("assumed: ") }
    #expect(Set(assumptions).count == assumptions.count, "\(outcome.diagnostics)")
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
      (#"{"options": []}"#, "expected one or more"),
      (#"[1]"#, "byte 0: is malformed: expected an object in the list of conversions, found an array"),
      (#"{"conversions": ["#, "byte 17"),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "output": "b.sedge"}]}"#,
        "conversions [0] has output twice"
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "options": ["--help"]}]}"#,
        "conversions [0]: its options ask for help"
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "options": ["--generate-completion-script"]}]}"#,
        "conversions [0]: "
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "options": ["in/mlp.h5"]}]}"#,
        #"conversions [0]: 'in/mlp.h5' is no option; sources are in "sources""#
      ),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.png"}]}"#,
        "conversions [0]: --output a.png: the output is a .sedge file"
      ),
      (#"{"conversions": [{"sources": ["in/linear.h5"]}]}"#, "conversions [0] has no output"),
      (#"{"conversions": [{"sources": [], "output": "a.sedge"}]}"#, "conversions [0] has no sources"),
      (
        #"{"conversions": [{"sources": ["in/linear.h5"], "output": "a.sedge", "option": []}]}"#,
        "conversions [0] has the key option, expected sources, output, options"
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
    #expect(!outcome.errors.contains(#"\n"#) && outcome.errors.split(separator: "\n").count == 1)
    #expect(try folder.contents() == before)
  }

  @Test("Options of single conversions beside a list are refused, each by its name")
  func options() throws {
    let folder = try Self.desk(Self.list)
    let before = try folder.contents()
    let outcome = try SedgeProgram.run([
      "convert", "--quantize=int8", "--batch", folder.file("list.json"), "--top-k", "3", "--report",
      "--skip-existing", "--dry-run",
    ])
    #expect(
      outcome.status == 64
        && outcome.diagnostics.contains("--batch: --quantize, --top-k, --report are options"),
      "\(outcome.diagnostics)")
    #expect(try folder.contents() == before)
  }

  @Test("A part without a conversion says so")
  func emptyPart() throws {
    let folder = try Self.desk(Self.list)
    let outcome = try SedgeProgram.run(["convert", "--batch", folder.file("list.json"), "--shard", "5/5"])
    #expect(outcome.status == 0 && outcome.output == "no conversion of the list is in this part\n")
  }

  @Test("A long list of equal options is checked in little time, whatever part of it is converted")
  func longList() throws {
    let entries = (0..<5000).map {
      #"{"sources": ["in/linear.h5"], "output": "\#($0).sedge", "options": ["--quantize", "int8"]}"#
    }
    let folder = try Self.desk("{\"conversions\": [\(entries.joined(separator: ","))]}")
    let sedge = try SedgeProgram.path()
    // The last part has nothing to convert. Parsing every entry's options takes 6 s of processor time and more.
    let outcome = try SedgeProgram.shell(
      "ulimit -t 4; exec \"$0\" \"$@\"",
      [sedge, "convert", "--batch", folder.file("list.json"), "--shard", "6000/6000"])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
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
      "with pixel-mean ", arguments + Self.tiny + ["--pixel-mean", "1,2,3"])
    try refusal(
      "with resolution 64, expected resolution 96",
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
      #expect(
        least <= bytes && bytes <= largest, "\(form) \(more): \(least)...\(largest), is \(bytes)")
      try FileManager.default.removeItem(atPath: folder.file("m.sedge"))
    }
  }

  @Test(
    "The printed range has the size of a small model, all of whose tensors are encoded",
    arguments: ["f32", "lossless", "f16", "int8", "int6", "int4", "int3", "int2"])
  func dryRunOfSmallModel(_ form: String) throws {
    let folder = try TemporaryFolder()
    for source in [fixture("tiny/linear.h5"), fixture("tiny/wide.h5"), fixture("clip/linear.safetensors")] {
      let arguments =
        ["convert", source, "-o", folder.file("m.sedge"), "--force", "--quantize", form] + Self.tiny
      let report = try SedgeProgram.run(arguments + ["--dry-run", "--json"]).json()
      let bytes = try #require(try SedgeProgram.run(arguments + ["--json"]).json()["file_bytes"] as? Int)
      let least = try #require(report["least_file_bytes"] as? Int)
      let largest = try #require(report["largest_file_bytes"] as? Int)
      #expect(least <= bytes && bytes <= largest, "\(source): \(least)...\(largest), is \(bytes)")
      // Of the header alone some digits are not known.
      #expect(largest - least <= bytes / 500, "\(source): \(least)...\(largest)")
    }
  }

  @Test("A dry run refuses an output whose folder is missing, as the conversion would")
  func missingFolder() throws {
    let folder = try TemporaryFolder()
    let outcome = try SedgeProgram.run(
      ["convert", fixture("tiny/linear.h5"), "-o", folder.file("no/m.sedge"), "--dry-run"] + Self.tiny)
    #expect(outcome.status == 2 && outcome.errors.contains("no/m.sedge"), "\(outcome.diagnostics)")
  }

  @Test("Beside a skipped output its plan must be one of it")
  func skippedPlan() throws {
    let folder = try TemporaryFolder()
    let arguments =
      [
        "convert", shapesCheckpoint, "-o", folder.file("m.sedge"), "--quantize", "auto", "--max-size",
        "700kB",
        "--plan", folder.file("p.json"), "--skip-existing", "--text-heads", "4", "--resolution", "64",
        "--templates", fixture("shapes/templates.json"),
      ]
    let made = try SedgeProgram.run(arguments)
    #expect(made.status == 0, "\(made.diagnostics)")
    let plan = String(decoding: try bytes(of: folder.file("p.json")), as: UTF8.self)
    #expect(try SedgeProgram.run(arguments).output.contains("skipped"))
    let other = try SedgeProgram.run(arguments + ["--top-k", "3"])
    #expect(other.status == 2 && other.errors.contains("with top-k 8, expected top-k 3"))
    // Anything else: no plan, a changed one, one that was edited and has no checksum.
    let edited = plan.split(separator: "\n").filter { !$0.contains("checksum") }.joined(separator: "\n")
      .replacing("],", with: "]")
    for text in ["garbage", plan.replacing("\"lossless\"", with: "\"f16\""), edited] {
      _ = try folder.write(Array(text.utf8), to: "p.json")
      let outcome = try SedgeProgram.run(arguments)
      #expect(outcome.status == 2 && outcome.errors.contains("p.json is no plan of this file"))
      #expect(try bytes(of: folder.file("p.json")) == Array(text.utf8))
    }
  }

  @Test("A dry run with a budget says what decides")
  func budget() throws {
    let folder = try TemporaryFolder()
    let arguments =
      [
        "convert", shapesCheckpoint, "-o", folder.file("m.sedge"), "--quantize", "auto", "--max-size",
        "600kB",
        "--dry-run",
      ]
      + shapesOptions
    let outcome = try SedgeProgram.run(arguments)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.output.contains("size     600.0 kB, the budget, source 3.6 MB\n"))
    #expect(
      outcome.output.contains("; not counted: running calibration pictures, the search for the budget\n"))
  }
}
