// Outputs that are inputs of the same command.

import Foundation
import TestSupport
import Testing

@Suite("Outputs that are inputs")
struct OverwrittenInputTests {
  /// Command lines in a folder with copies of inputs; each names one of its inputs, or one output twice, as an output.
  static let cases = [
    "convert source.h5 -o source.sedge --force {options}",
    "convert source.h5 -o list.sedge --classes list.sedge --force {options}",
    "convert source.h5 -o link.sedge --classes list.sedge --force {options}",
    "convert source.h5 -o hard.sedge --classes list.sedge --force {options}",
    "convert source.h5 -o ./list.sedge --templates list.sedge --force --text-heads 4",
    "convert source.h5 -o m.sedge --quantize auto --max-size 1MB --plan names.json --classes names.json --force {options}",
    "convert source.h5 -o m.sedge --quantize auto --max-size 1MB --plan templates.json --force {options}",
    "convert source.h5 -o plan.sedge --plan plan.sedge --force {options}",
    "convert source.h5 -o m.sedge --quantize auto --max-size 1MB --plan names.json --calibrate-classes names.json --force {options}",
    "verify model.sedge --against source.h5 --classes names.json --suggest names.json --force",
    "verify model.sedge --against source.h5 --golden names.json --suggest names.json --force",
    "convert --batch batch.json",
    "convert --batch batch.json --force",
    "sign model.sedge --key names.sig -o names.sig --force",
    "sign model.sedge --key names.sig -o model.sig --force",
    "sweep source.h5 --images pictures --classes names.svg --forms f32 --plot names.svg {options}",
    "sweep source.h5 --images pictures --forms f32 --plot pictures/sky.svg {options}",
    "segment model.sedge pictures/sky.png --classes sky -o pictures/sky.png",
    "segment model.sedge pictures/sky.png --classes names.png --labels names.png",
    "segment model.sedge pictures/sky.png --classes sky -o s.png --labels ./s.png",
    "segment model.sedge pictures/sky.png --classes sky -o link.png --labels s.png",
    "segment model.sedge pictures/sky.png --classes sky --dump model.safetensors",
    "classify clip.sedge pictures/sky.png --classes names.safetensors --dump names.safetensors",
    "export model.sedge -o model.safetensors --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json -o names.json --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json -o r.json --rows names.jsonl --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json -o r.json --save-reference model.jsonl --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json -o r.json --save-reference labels/sky.jsonl --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json -o r.json --table classes=./r.csv --table r.csv --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json --html names.html --force",
    "evaluate model.sedge --images pictures --labels labels --classes names.json --html pictures/sky.html --force",
    "verify model.sedge --against source.h5 --images pictures --classes names.json --html names.html --force",
    "verify model.sedge --against source.h5 --images pictures --html pictures/sky.html --force",
    "verify model.sedge --against source.h5 --images pictures --suggest pictures/sky.json --force",
    "verify model.sedge --key names.html --html names.html --force",
    "verify model.sedge --key names.json --signature names.json --html names.html --force",
    "verify model.sedge --against source.h5 --key names.json --suggest names.json --force",
    "verify model.sedge --against source.h5 --key list.sedge --signature names.json --suggest names.json --force",
    "verify model.sedge --against source.h5 --html same.both --suggest ./same.both",
    "convert --batch chain.json",
    "convert --batch plans.json",
    "sweep source.h5 --images pictures --classes names.json --forms f32 --html names.html --force {options}",
    "inspect model.sedge --html model.html --force",
    "report names.json --html names.html --force",
    "merge rows.csv --table classes=rows.csv --force",
    "gate model.sedge --baseline model.sedge --allow miou=-1% --images pictures --labels labels --classes names.json --markdown names.md",
  ]

  @Test("are refused before any work, and nothing changes", arguments: cases)
  func refuses(line: String) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let before = try Self.contents(of: folder)
    let options =
      "--text-heads 4 --resolution 256" + (line.contains("--templates") ? "" : " --templates templates.json")
    let words = line.replacing("{options}", with: options).split(separator: " ").map { word in
      // Names of files are in the folder; a kind may come before them.
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.last ?? ""
      guard name.contains("."), name.first != "-" || name.hasPrefix("./") else {
        return Self.folderWord(word, folder)
      }
      return (parts.count > 1 ? parts[0] + "=" : "") + folder.file(name)
    }
    let outcome = try SedgeProgram.run(words)
    #expect(outcome.status == 2 || outcome.status == 64, "\(outcome.diagnostics)")
    let isTold = ["is the input", "a path of its own", "is the output itself", "is the file of both"].contains
    {
      outcome.diagnostics.contains($0)
    }
    #expect(isTold, "\(outcome.diagnostics)")
    #expect(try Self.contents(of: folder) == before)
  }

  private static func folderWord(_ word: Substring, _ folder: TemporaryFolder) -> String {
    ["pictures", "labels"].contains(word) ? folder.file(String(word)) : String(word)
  }

  private static func fill(_ folder: TemporaryFolder) throws {
    let inputs = try Inputs.shared
    func copy(_ path: String, to name: String) throws { _ = try folder.write(bytes(of: path), to: name) }
    for name in ["pictures", "labels"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
    }
    try copy(shapesCheckpoint, to: "source.h5")
    try copy(inputs.file("f32.sedge"), to: "model.sedge")
    try copy(inputs.file("clip_f32.sedge"), to: "clip.sedge")
    try copy(fixture("shapes/templates.json"), to: "templates.json")
    try copy(skyPicture, to: "pictures/sky.png")
    try copy(fixture("pictures/sky.labels.png"), to: "labels/sky.png")
    let names = try bytes(of: fixture("shapes/classes.json"))
    for name in [
      "list.sedge", "names.json", "names.svg", "names.png", "names.safetensors", "plan.sedge", "rows.csv",
      "r.csv", "s.png",
    ] {
      _ = try folder.write(names, to: name)
    }
    for (link, target) in [
      ("link.sedge", "list.sedge"), ("link.png", "s.png"), ("model.safetensors", "model.sedge"),
      ("pictures/sky.svg", "sky.png"), ("source.sedge", "source.h5"), ("names.jsonl", "names.json"),
      ("model.sig", "model.sedge"), ("names.sig", "names.json"), ("model.jsonl", "model.sedge"),
      ("labels/sky.jsonl", "sky.png"), ("names.md", "names.json"), ("names.html", "names.json"),
      ("model.html", "model.sedge"), ("pictures/sky.html", "sky.png"),
      ("pictures/sky.json", "sky.png"),
    ] {
      try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
    }
    let batch =
      #"{"conversions": [{"sources": ["source.h5"], "output": "source.sedge", "options": ["--text-heads", "4"]}]}"#
    _ = try folder.write(Array(batch.utf8), to: "batch.json")
    // What one conversion writes another reads, in both orders, before it is there.
    let chain =
      #"{"conversions": [{"sources": ["made.sedge"], "output": "b.sedge"}, {"sources": ["source.h5"], "output": "made.sedge"}]}"#
    _ = try folder.write(Array(chain.utf8), to: "chain.json")
    let plans = """
      {"conversions": [
        {"sources": ["source.h5"], "output": "b.sedge", "options": ["--quantize", "auto", "--max-size", "1MB", "--plan", "p.json"]},
        {"sources": ["source.h5"], "output": "c.sedge", "options": ["--plan", "p.json"]}
      ]}
      """
    _ = try folder.write(Array(plans.utf8), to: "plans.json")
    try FileManager.default.linkItem(atPath: folder.file("list.sedge"), toPath: folder.file("hard.sedge"))
  }

  /// Every file's bytes, by path.
  private static func contents(of folder: TemporaryFolder) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      contents[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
    }
    return contents
  }
}
