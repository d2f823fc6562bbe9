// segment with several pictures: one model, outputs named by patterns, faults of single pictures.

import Foundation
import Sedge
import SedgeCheckpoint
import SedgeImages
import SedgeTensor
import TestSupport
import Testing

@Suite("segment with several pictures")
struct SegmentManyTests {
  private static let pictures = ["bricks", "sand", "sky"].map { fixture("pictures/\($0).png") }

  private static func segment(_ arguments: [String], status: Int32 = 0, input: [UInt8] = []) throws
    -> SedgeProgram.Outcome
  {
    let outcome = try SedgeProgram.run(
      ["segment", Inputs.shared.file("int8.sedge")] + arguments
        + ["--classes", "sky; sand; red circle", "--no-text-cache"], input: input)
    #expect(outcome.status == status, "\(outcome.diagnostics)")
    return outcome
  }

  /// The lines of `--json`, one object each.
  private static func objects(_ outcome: SedgeProgram.Outcome) throws -> [[String: Any]] {
    try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test("Each picture has the labels, the overlay and the words that it has alone")
  func sameAsAlone() throws {
    let folder = try TemporaryFolder()
    let many = try Self.segment(
      Self.pictures + [
        "--labels", folder.file("many/{stem}/labels.png"), "-o", folder.file("many/{stem}/{index}.png"),
      ])
    var words: [String] = []
    for (index, picture) in Self.pictures.enumerated() {
      let stem = ["bricks", "sand", "sky"][index]
      let alone = try Self.segment([picture, "--labels", folder.file("l.png"), "-o", folder.file("o.png")])
      words.append("\(picture)\n\(alone.output)")
      #expect(try bytes(of: folder.file("l.png")) == bytes(of: folder.file("many/\(stem)/labels.png")))
      #expect(try bytes(of: folder.file("o.png")) == bytes(of: folder.file("many/\(stem)/\(index).png")))
    }
    #expect(many.output == words.joined(separator: "\n"))
    #expect(many.diagnostics == "")
  }

  @Test("A folder, a list in a file and a list on standard input name the same pictures")
  func lists() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: false)
    for path in Self.pictures {
      _ = try folder.write(bytes(of: path), to: "in/\((path as NSString).lastPathComponent)")
    }
    _ = try folder.write([1], to: "in/notes.txt")
    _ = try folder.write([1], to: "in/._sky.png")
    let paths = ["bricks", "sand", "sky"].map { folder.file("in/\($0).png") }
    let list = paths.map { $0 + "\r\n\n" }.joined()
    let expected = try Self.segment(paths + ["--json"])
    let byFolder = try Self.segment([folder.file("in"), "--json"])
    #expect(byFolder.output == expected.output)
    #expect(byFolder.diagnostics == "note: \(folder.file("in")): skipped 1 file: 1 .txt\n")
    let byFile = try Self.segment(["--list", folder.write(Array(list.utf8), to: "list"), "--json"])
    #expect(byFile.output == expected.output)
    #expect(try Self.segment(["-", "--json"], input: Array(list.utf8)).output == expected.output)
    let zeros = Array(paths.joined(separator: "\0").utf8)
    #expect(
      try Self.segment([paths[0], "--list", "-", "--json"], input: zeros).output.hasSuffix(expected.output))
  }

  @Test("A picture that cannot be used is reported, and the others are segmented: exit code 3")
  func passesOverFaults() throws {
    let folder = try TemporaryFolder()
    let (cut, words) = (try Inputs.shared.file("cut.png"), try Inputs.shared.file("words.txt"))
    let paths = [words, Self.pictures[2], cut, Self.pictures[1]]
    let outcome = try Self.segment(paths + ["--labels", folder.file("{stem}.png"), "--json"], status: 3)
    #expect(try folder.contents() == ["sand.png", "sky.png"])
    let lines = outcome.diagnostics.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("sedge: \(words): ") == true)
    #expect(lines.dropFirst().first?.hasPrefix("sedge: \(cut): ") == true)
    #expect(lines.last == "sedge: 2 of 4 pictures could not be used")
    let objects = try Self.objects(outcome)
    #expect(objects.compactMap { $0["image"] as? String } == paths)
    #expect(objects.map { $0["error"] != nil } == [true, false, true, false])
    #expect(objects[1]["labels"] as? String == folder.file("sky.png"))
    let text = try Self.segment([words, Self.pictures[2]], status: 3)
    #expect(text.output.hasPrefix("\(Self.pictures[2])\n share  class\n"))
    let strict = try Self.segment(
      [Self.pictures[2], words, Self.pictures[1], "--labels", folder.file("s-{stem}.png"), "--strict"],
      status: 2)
    #expect(strict.diagnostics.split(separator: "\n").count == 1)
    #expect(try folder.contents() == ["s-sky.png", "sand.png", "sky.png"])
  }

  @Test("One picture's file may have a pattern, and other text in braces stands for itself")
  func patternOfOne() throws {
    let folder = try TemporaryFolder()
    _ = try Self.segment([
      Self.pictures[0], "--labels", folder.file("{name}.{index}.{other}{.png"), "-o", folder.file("o.png"),
    ])
    #expect(try folder.contents() == ["bricks.png.0.{other}{.png", "o.png"])
  }

  @Test("The index has as many digits as the last one, so that names sort as the pictures do")
  func index() throws {
    let folder = try TemporaryFolder()
    let paths = (0..<11).map { _ in Self.pictures[0] }
    _ = try Self.segment(paths + ["--labels", folder.file("{index}.png")])
    #expect(try folder.contents() == (0...10).map { $0 < 10 ? "0\($0).png" : "\($0).png" })
  }

  @Test("Heat maps are the probabilities at the picture's size, in 256 levels", arguments: ["all", "1"])
  func heat(topK: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Self.segment([
      Self.pictures[2], "--heat-output", folder.file("{stem}.{class}.png"), "--dump",
      folder.file("d.safetensors"),
      "--top-k", topK, "--json",
    ])
    let archive = try openArchive(path: folder.file("d.safetensors"))
    let scores = try archive.floats(#require(archive.tensors.first { $0.name == "scores" })).values
    let pixelCount = scores.count / 3
    for (label, name) in ["sky", "sand", "red_circle"].enumerated() {
      // The palette's indices are the levels.
      let map = try LabelMap(path: folder.file("sky.\(name).png"))
      #expect(map.labels.count == pixelCount)
      let expected = scores[label * pixelCount..<(label + 1) * pixelCount]
      // The dump's scores are computed by the kernels, which round differently.
      let farthest = zip(map.labels, expected).map { abs(Float($0) - 255 * $1) }.max() ?? .infinity
      #expect(farthest <= 0.5 + 255 * 1e-5, "\(name): \(farthest)")
    }
    let classes = try #require(try outcome.json()["classes"] as? [[String: Any]])
    #expect(
      classes.compactMap { $0["heat"] as? String }
        == ["sky", "sand", "red_circle"].map { folder.file("sky.\($0).png") })
    let one = try Self.segment([
      Self.pictures[2], "--heat", "red circle", "--heat-output", folder.file("h.png"), "--top-k", topK,
    ])
    #expect(one.diagnostics == "")
    #expect(try bytes(of: folder.file("h.png")) == bytes(of: folder.file("sky.red_circle.png")))
  }

  @Test("Label maps with a palette have the same indices", arguments: ["voc", "sedge"])
  func palette(name: String) throws {
    let folder = try TemporaryFolder()
    _ = try Self.segment([Self.pictures[2], "--labels", folder.file("gray.png")])
    _ = try Self.segment([Self.pictures[2], "--labels", folder.file("palette.png"), "--palette", name])
    #expect(try LabelMap(path: folder.file("gray.png")) == LabelMap(path: folder.file("palette.png")))
    let file = try bytes(of: folder.file("palette.png"))
    // Bit depth 8, colour type 3.
    #expect(file[24..<26] == [8, 3])
    #expect(file[37..<41].elementsEqual("PLTE".utf8))
    #expect(
      file[41..<50]
        == (name == "voc"
          ? [0, 0, 0, 128, 0, 0, 0, 128, 0] : [0xE6, 0x32, 0x3C, 0x28, 0xFA, 0x8C, 0, 0x50, 0xD2]))
  }
}
