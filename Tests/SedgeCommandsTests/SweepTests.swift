// Sweeps of the command line.

import Foundation
import Sedge
import TestSupport
import Testing

@Suite("sweep")
struct SweepTests {
  private static let arguments =
    [
      "sweep", shapesCheckpoint, "--images", fixture("pictures"), "--classes",
      fixture("shapes/classes.json"),
    ] + shapesOptions

  private func report(_ options: [String]) throws -> [String: Any] {
    let outcome = try SedgeProgram.run(Self.arguments + ["--json"] + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.diagnostics == "")
    let report = try outcome.json()
    #expect(keysNotInSnakeCase(report) == [])
    return report
  }

  private func forms(_ report: [String: Any]) throws -> [[String: Any]] {
    try #require(report["forms"] as? [[String: Any]])
  }

  @Test("Smaller variants have larger errors; ground truth gives each a score")
  func accuracy() throws {
    let report = try report(["--labels", fixture("pictures"), "--forms", "lossless,f16,int6,int2,rtn8,rtn3"])
    #expect(report["pictures"] as? Int == 3)
    #expect(report["classes"] as? Int == 54)
    let forms = try forms(report)
    #expect(
      forms.compactMap { $0["name"] as? String } == ["lossless", "f16", "int6", "int2", "rtn8", "rtn3"])
    #expect(
      forms.compactMap { $0["series"] as? String }
        == [String](repeating: "Sedge", count: 4) + ["round to nearest", "round to nearest"])
    let number = { (key: String) in try forms.map { try #require($0[key] as? Double, "\(key)") } }
    let (sizes, errors) = (try number("stored_bytes"), try number("score_rms"))
    for pair in [(0, 1), (1, 2), (2, 3), (4, 5)] {
      #expect(sizes[pair.0] > sizes[pair.1] && errors[pair.0] < errors[pair.1])
    }
    #expect(errors[0] < 1e-5)
    #expect(try number("label_change")[0] < 1e-4)
    #expect(zip(try number("label_change"), try number("worst_label_change")).allSatisfy { $0 <= $1 })
    #expect(zip(try number("mean_score_error"), try number("largest_score_error")).allSatisfy { $0 < $1 })
    #expect(try number("stored_bits_per_weight").allSatisfy { (0.1...32).contains($0) })
    #expect(forms.map { $0["file_bytes"] == nil } == [false, false, false, false, true, true])
    let source = try #require(report["source"] as? [String: Any])
    let exact = try number("mean_iou")[0]
    #expect(abs(exact - (try #require(source["mean_iou"] as? Double))) < 1e-3)
    #expect(report["preprocess"] as? String == "square")
    #expect(try number("median_seconds").allSatisfy { $0 > 0 })
    #expect((report["failures"] as? [Any])?.isEmpty == true)
    for form in forms {
      let figures = try #require(form["figures"] as? [String: Double])
      #expect(Set(figures.keys) == ["miou", "macc", "fwiou", "pacc"])
      #expect(figures["miou"] == form["mean_iou"] as? Double)
      let differences = try #require(form["differences"] as? [String: [String: Any]])
      #expect(differences["miou"]?["is_distinguishable"] as? Bool == false, "three pictures tell nothing")
      #expect(form["ties"] == nil)
      #expect(form["stored_text_features"] as? Bool == false)
    }
    #expect(try number("pixel_accuracy").allSatisfy { (0.5...1).contains($0) })
  }

  @Test("A kept file equals convert's, and has the same figures when it is measured from the file")
  func kept() throws {
    let folder = try TemporaryFolder()
    let made = try Inputs.shared.file("int8.sedge")
    let report = try report([
      "--forms", "int8", "--keep", folder.path, "--beside", "same=\(made)", "--beside",
      "other program/8 bits=\(made):12345",
    ])
    #expect(try folder.contents() == ["int8.sedge"])
    #expect(try bytes(of: folder.file("int8.sedge")) == bytes(of: made))
    let forms = try forms(report)
    #expect(forms.map { $0["series"] as? String } == ["Sedge", "same", "other program"])
    #expect(forms.map { $0["name"] as? String } == ["int8", "same", "8 bits"])
    for form in forms[1...] {
      for key in ["label_change", "score_rms", "mean_score_error", "largest_score_error"] {
        #expect(form[key] as? Double == forms[0][key] as? Double)
      }
      #expect(form["mean_iou"] == nil)
    }
    #expect(forms[1]["stored_bytes"] as? Int == forms[0]["stored_bytes"] as? Int)
    #expect(forms[1]["file_bytes"] as? Int == forms[0]["file_bytes"] as? Int)
    #expect(forms[2]["stored_bytes"] as? Int == 12345)
    #expect(forms[2]["file_bytes"] == nil)
  }

  @Test(
    "The table has a line for each variant, the figure a panel for each error and a point for each variant")
  func table() throws {
    let folder = try TemporaryFolder()
    let plot = folder.file("sweep.svg")
    let made = try Inputs.shared.file("f16.sedge")
    let outcome = try SedgeProgram.run(
      Self.arguments + [
        "--forms", "int4,rtn4", "--beside", "theirs=\(made)", "--plot", plot, "--labels", fixture("pictures"),
      ])
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(
      lines[3...6].map { $0.prefix { $0 != " " } } == ["source", "int4", "rtn4", "theirs"])
    #expect(lines[7].hasPrefix("form"))
    #expect(
      lines[8...11].map { $0.prefix { $0 != " " } } == ["source", "int4", "rtn4", "theirs"])
    let text = try String(contentsOfFile: plot, encoding: .utf8)
    #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    // Three panels of three points, and the legend.
    #expect(text.split(separator: "class=\"marker fill").count - 1 == 12)
  }

  /// A folder with the quarters of a picture, and their label maps beside them.
  private func quarters() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["sky", "sand"] {
      let image = try RGBImage(path: fixture("pictures/\(name).png"))
      let truth = try LabelMap(path: fixture("pictures/\(name).labels.png"))
      for (index, corner) in [(0, 0), (0, 128), (128, 0), (128, 128)].enumerated() {
        let places = (corner.0..<corner.0 + 128).flatMap { y in
          (corner.1..<corner.1 + 128).map { y * image.width + $0 }
        }
        let pixels = places.flatMap { image.pixels[3 * $0..<3 * $0 + 3] }
        try RGBImage(width: 128, height: 128, pixels: pixels).writePNG(to: folder.file("\(name)\(index).png"))
        try LabelMap(width: 128, height: 128, labels: places.map { truth.labels[$0] })
          .writePNG(to: folder.file("\(name)\(index).labels.png"))
      }
    }
    return folder
  }

  private static func arguments(_ folder: TemporaryFolder) -> [String] {
    [
      "sweep", shapesCheckpoint, "--images", folder.path, "--labels", folder.path, "--classes",
      fixture("shapes/classes.json"),
    ] + shapesOptions
  }

  @Test("Ties are told in words and by letters, and intervals are in the JSON")
  func ties() throws {
    let (folder, scratch) = (try quarters(), try TemporaryFolder())
    let arguments = Self.arguments(folder) + ["--forms", "f16,rtn2"]
    let outcome = try SedgeProgram.run(arguments, environment: ["TMPDIR": scratch.path])
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.diagnostics)")
    #expect(try scratch.contents() == [])
    #expect(outcome.output.contains("\nmIoU not distinguishable from the source with 8 pictures: f16\n"))
    #expect(outcome.output.contains("\nmIoU less than the source's: rtn2\n"))
    let report = try SedgeProgram.run(arguments + ["--json"]).json()
    #expect(keysNotInSnakeCase(report) == [])
    let forms = try forms(report)
    for form in forms {
      let change = try #require(form["label_change"] as? Double)
      let interval = try #require(form["label_change_interval"] as? [String: Double])
      #expect(try #require(interval["low"]) <= change && change <= (try #require(interval["high"])))
      let intervals = try #require(form["intervals"] as? [String: [String: Double]])
      #expect(Set(intervals.keys) == ["miou", "macc", "fwiou", "pacc"])
      let differences = try #require(form["differences"] as? [String: [String: Any]])
      #expect(differences["miou"]?["interval"] is [String: Double])
    }
    let source = try #require(report["source"] as? [String: Any])
    #expect(forms[0]["ties"] as? String == source["ties"] as? String)
    #expect(forms[1]["ties"] as? String != source["ties"] as? String)
  }

  @Test("A damaged picture costs one row, or ends the sweep with --strict")
  func damaged() throws {
    let folder = try quarters()
    _ = try folder.write(Array(bytes(of: folder.file("sky0.png")).prefix(3000)), to: "sky0.png")
    let arguments = Self.arguments(folder) + ["--forms", "f16", "--json"]
    let outcome = try SedgeProgram.run(arguments)
    #expect(outcome.status == 3)
    #expect(outcome.errors.hasPrefix("sedge: \(folder.file("sky0.png")): "))
    let report = try outcome.json()
    #expect(report["pictures"] as? Int == 7)
    let failures = try #require(report["failures"] as? [[String: String]])
    #expect(failures.map { $0["picture"] } == [folder.file("sky0.png")])
    let strict = try SedgeProgram.run(arguments + ["--strict"])
    #expect(strict.status == 2)
    let error = try #require(try strict.json()["error"] as? [String: Any])
    #expect(error["file"] as? String == folder.file("sky0.png"))
    #expect(strict.errors.hasPrefix("sedge: \(folder.file("sky0.png")): "))
  }

  @Test("A file is measured as it ships: with its own preprocessing and its stored text features")
  func asItShips() throws {
    let options = ["--images", fixture("pictures"), "--classes", "grass; sky; red circle", "--json"]
    let files = try ["dropped.sedge", "sed.sedge"].flatMap {
      ["--beside", "\($0)=\(try Inputs.shared.file($0))"]
    }
    let outcome = try SedgeProgram.run(
      ["sweep", shapesCheckpoint, "--forms", "lossless"] + shapesOptions + options + files)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let forms = try forms(outcome.json())
    #expect(forms.map { $0["stored_text_features"] as? Bool } == [false, true, false])
    #expect(forms.map { $0["preprocess"] as? String } == ["square", "square", "sed"])
    let changes = try forms.map { try #require($0["label_change"] as? Double) }
    #expect(changes[0] < 1e-4 && changes[1] < 1e-4 && changes[2] > 1e-4)
  }

  @Test("CLIP alone is measured as well, an image as one pixel")
  func classifier() throws {
    let outcome = try SedgeProgram.run(
      Self.arguments + ["--json", "--parts", "image,text", "--logit-scale", "2", "--forms", "f16,int4"])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    let report = try outcome.json()
    #expect(report["pixels"] as? Int == 3)
    let errors = try forms(report).compactMap { $0["score_rms"] as? Double }
    #expect(errors.count == 2 && errors[0] < errors[1] && errors[1] < 1)
  }

  private static let start =
    "sweep {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --resolution 256 --templates {fixtures}/shapes/templates.json"
  private static let complete = "\(start) --images {fixtures}/pictures --classes 'sky; grass'"

  static let refusals = [
    Refusal("\(start) --images {in}/folder"),
    Refusal("\(start) --images {in}/absent"),
    Refusal("\(complete) --labels {in}/folder"),
    Refusal("\(complete) --labels {fixtures}/pictures"),
    Refusal(
      "sweep {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --images {fixtures}/pictures --classes sky"),
    Refusal("sweep {in}/f32.sedge --images {fixtures}/pictures --classes sky"),
    Refusal("\(complete) --plot {fixtures}/shapes/sed_shapes.h5", status: 64),
    Refusal("\(complete) --forms rtn8 --beside x={in}/linear.sedge"),
    Refusal("\(complete) --forms rtn8 --beside x={fixtures}/shapes/sed_shapes.h5"),
    Refusal("\(complete) --forms int8 --keep {out}/absent"),
    Refusal("\(complete) --forms int8 --keep {out} --plot {out}"),
  ]

  static let usage =
    [
      Refusal(start, status: 64),
      Refusal("\(start) --images x --labels y", status: 64),
    ]
    + ["int7", "int8,int8", "rtn1", "rtn17", "rtn08", "", "int8,"].map {
      Refusal("\(complete) --forms '\($0)'", status: 64)
    }
    + ["x", "=y", "x=y:0"].map {
      Refusal("\(complete) --beside \($0)", status: 64)
    }
    + [
      Refusal("\(complete) --parts image,decoder", status: 64)
    ]

  @Test("Impossible measurements are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.sweepRefusals.check(Self.refusals + Self.usage) }

  @Test("Label maps are paired by stem and are not images themselves")
  func pairs() throws {
    let folder = try TemporaryFolder()
    let labels = folder.file("labels")
    try FileManager.default.createDirectory(atPath: labels, withIntermediateDirectories: false)
    let (picture, map) = (try bytes(of: skyPicture), try bytes(of: fixture("pictures/sky.labels.png")))
    for name in ["img_07.png", "b.png", "c.png"] { _ = try folder.write(picture, to: name) }
    for name in ["img_07.labels.png", "b.labels.png"] { _ = try folder.write(map, to: name) }
    for name in ["pred_7.png", "img_07.png", "b.png", "c.labels.png"] {
      _ = try folder.write(map, to: "labels/\(name)")
    }
    let arguments = [
      "sweep", shapesCheckpoint, "--images", folder.path, "--classes", fixture("shapes/classes.json"),
      "--forms", "rtn8", "--json",
    ]
    let found = try SedgeProgram.run(arguments + shapesOptions + ["--labels", labels])
    #expect(found.status == 0, "\(found.diagnostics)")
    #expect(try found.json()["pictures"] as? Int == 3)
    // One of the pictures has no label map in its own folder.
    let missing = try SedgeProgram.run(arguments + shapesOptions + ["--labels", folder.path])
    #expect(missing.status == 2)
    #expect(missing.errors.hasPrefix("sedge: \(folder.path): "))
    #expect(missing.errors.contains(" c.labels.png, c.png, c_labelTrainIds.png"))
    // The same number is not enough.
    try FileManager.default.moveItem(atPath: "\(labels)/img_07.png", toPath: "\(labels)/lab_07.png")
    let numbered = try SedgeProgram.run(arguments + shapesOptions + ["--labels", labels])
    #expect(numbered.status == 2)
    #expect(numbered.errors.hasPrefix("sedge: \(labels): "))
    #expect(numbered.errors.contains(" img_07.labels.png, img_07.png, img_07_labelTrainIds.png"))
    #expect(numbered.errors.contains(" lab_07.png, pred_7.png"))
  }
}
