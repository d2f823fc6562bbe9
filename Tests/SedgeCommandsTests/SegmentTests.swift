// The results of segment.

import SedgeCheckpoint
import Sedge
import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

@Suite("segment")
struct SegmentTests {
  private func segment(_ model: String, _ options: [String]) throws -> SedgeProgram.Outcome {
    let outcome = try SedgeProgram.run(
      ["segment", Inputs.shared.file(model), skyPicture, "--no-text-cache"] + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.diagnostics == "")
    return outcome
  }

  @Test("Classes from a list in a file and from the command line are the same")
  func sameClasses() throws {
    let folder = try TemporaryFolder()
    let unnamed = try folder.write(bytes(of: Inputs.shared.file("three.json")), to: "list")
    var labels: [[Int]] = []
    var texts: [String] = []
    for classes in [try Inputs.shared.file("three.json"), unnamed, " grass;sky ; red circle;"] {
      let output = folder.file("labels.png")
      texts.append(try segment("f32.sedge", ["--classes", classes, "--labels", output]).output)
      labels.append(try LabelMap(path: output).labels)
    }
    #expect(labels[0] == labels[1])
    #expect(labels[0] == labels[2])
    #expect(Set(labels[0]).count > 1)
    #expect(Set(texts).count == 1)
    #expect(texts[0].hasPrefix(" share  class\n"))
    #expect(texts[0].split(separator: "\n").dropFirst().first?.hasSuffix("%  sky") == true)
  }

  @Test("A trained model finds the drawn shapes")
  func finds() throws {
    let folder = try TemporaryFolder()
    let classes = fixture("shapes/classes.json")
    _ = try segment(
      "f32.sedge", ["--classes", classes, "--labels", folder.file("labels.png"), "--top-k", "2"])
    let (found, drawn) = (
      try LabelMap(path: folder.file("labels.png")), try LabelMap(path: fixture("pictures/sky.labels.png"))
    )
    let equal = zip(found.labels, drawn.labels).count { $0 == $1 }
    #expect(Double(equal) > 0.95 * Double(drawn.labels.count))
  }

  @Test("The preprocessing is the file's, or another where it is asked for")
  func preprocessing() throws {
    let folder = try TemporaryFolder()
    let options = ["--classes", fixture("shapes/classes.json"), "--top-k", "all", "--json", "--labels"]
    var labels: [String: [Int]] = [:]
    for (model, asked, expected) in [
      ("f32.sedge", nil, "square"), ("f32.sedge", "sed", "sed"), ("sed.sedge", nil, "sed"),
      ("sed.sedge", "square", "square"),
    ] as [(String, String?, String)] {
      let path = folder.file("\(model).\(asked ?? "own").png")
      let outcome = try segment(model, options + [path] + (asked.map { ["--preprocess", $0] } ?? []))
      #expect(try outcome.json()["preprocess"] as? String == expected)
      let found = try LabelMap(path: path).labels
      #expect(labels[expected, default: found] == found, "\(model) \(asked ?? "")")
      labels[expected] = found
    }
    #expect(labels["sed"] != labels["square"])
    #expect(labels.count == 2)
  }

  @Test("Stored classes are found without the text encoder, all, some, and in another order")
  func stored() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("labels.png")
    for classes in ["grass; sky; red circle", "red circle; sky", "sky; grass"] {
      _ = try segment("dropped.sedge", ["--classes", classes, "--labels", output])
      let stored = try LabelMap(path: output).labels
      _ = try segment("f32.sedge", ["--classes", classes, "--labels", output])
      let encoded = try LabelMap(path: output).labels
      let equal = zip(stored, encoded).count { $0 == $1 }
      #expect(Double(equal) > 0.9999 * Double(stored.count), "\(classes)")
    }
    #expect(
      try segment("dropped.sedge", []).output
        == segment("dropped.sedge", ["--classes", "grass; sky; red circle"]).output)
  }

  @Test(
    "A dump has every result under the oracle's names and shapes, and the labels of the image",
    arguments: ["all", "1", "2"])
  func dump(topK: String) throws {
    let folder = try TemporaryFolder()
    let (dump, labels) = (folder.file("taps.safetensors"), folder.file("labels.png"))
    let outcome = try segment(
      "f32.sedge",
      ["--classes", "grass; sky; red circle", "--top-k", topK, "--dump", dump, "--labels", labels])
    let archive = try openArchive(path: dump)
    let shapes = Dictionary(uniqueKeysWithValues: archive.tensors.map { ($0.name, $0.shape) })
    let left = try [0, 1, 2].map { stage in
      try archive.tensors.first { $0.name == "alive\(stage)" }.map { try archive.integers($0) } ?? [0, 1, 2]
    }
    let kept = left.map(\.count)
    var expected: [String: [Int]] = [
      "text_features": [3, 4, 64], "input": [1, 3, 256, 256], "res2": [1, 32, 64, 64],
      "res3": [1, 64, 32, 32],
      "res4": [1, 96, 16, 16], "res5": [1, 128, 8, 8], "embedding": [1, 64, 8, 8], "cost_map": [3, 4, 8, 8],
      "cost_embedding": [3, 32, 8, 8], "aux0": [3, 8, 8], "decoder1": [kept[0], 32, 16, 16],
      "aux1": [kept[0], 16, 16], "decoder2": [kept[1], 16, 32, 32], "aux2": [kept[1], 32, 32],
      "decoder3": [kept[2], 16, 64, 64], "logits": [kept[2], 64, 64], "scores": [3, 256, 256],
      "labels": [256, 256],
    ]
    if topK != "all" { for stage in 0..<3 { expected["alive\(stage)"] = [kept[stage]] } }
    #expect(shapes == expected)
    let tensor = try #require(archive.tensors.first { $0.name == "labels" })
    #expect(tensor.elementType == .int32)
    let dumped = try archive.integers(tensor)
    #expect(try LabelMap(path: labels).labels == dumped)
    #expect(Set(dumped).isSubset(of: left[2]))
    #expect(outcome.output.contains("early rejection kept \(kept[2]) of 3 classes\n") == (topK != "all"))
  }

  @Test("The overlay is an image with room for a legend, and only requested files are written")
  func overlay() throws {
    let folder = try TemporaryFolder()
    _ = try segment("int8.sedge", ["--classes", "sky; red circle", "-o", folder.file("overlay.png")])
    let overlay = try RGBImage(path: folder.file("overlay.png"))
    #expect(overlay.width * overlay.height > 256 * 256)
    #expect(try folder.contents() == ["overlay.png"])
    _ = try segment("int8.sedge", ["--classes", "sky; red circle"])
    #expect(try folder.contents() == ["overlay.png"])
  }

  @Test("JPEG and gray images are segmented as well", arguments: ["images/jpeg-420.jpg", "images/gray8.png"])
  func otherPictures(name: String) throws {
    let outcome = try SedgeProgram.run([
      "segment", Inputs.shared.file("int8.sedge"), fixture(name), "--classes", "sky; sand", "--no-text-cache",
    ])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
  }

  @Test("--json agrees with the text")
  func json() throws {
    let options = ["--classes", "grass; sky; red circle", "--top-k", "2"]
    let (object, text) = (
      try segment("f32.sedge", options + ["--json"]).json(), try segment("f32.sedge", options).output
    )
    #expect(keysNotInSnakeCase(object) == [])
    #expect(object["width"] as? Int == 256)
    #expect(object["top_k"] as? Int == 2)
    let classes = try #require(object["classes"] as? [[String: Any]])
    #expect(classes.compactMap { $0["name"] as? String } == ["grass", "sky", "red circle"])
    #expect(classes.compactMap { $0["label"] as? Int } == [0, 1, 2])
    let shares = classes.compactMap { $0["share"] as? Double }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    for (item, share) in zip(classes, shares) where share > 0 {
      let hundredths = Int((share * 10_000).rounded())
      let percent = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)%"
      #expect(text.contains("\(percent)  \(item["name"] as? String ?? "")\n"))
    }
  }
}
