// What sweep measures, and what it refuses.

import Foundation
import TestSupport
import Testing

@Suite("sweep")
struct SweepTests {
  private static let arguments =
    [
      "sweep", shapesCheckpoint, "--pictures", fixture("pictures"), "--classes",
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

  @Test("The smaller a form, the further it is from the source; ground truth judges all of them")
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
    let source = try #require(report["source"] as? [String: Double])
    let exact = try number("mean_iou")[0]
    #expect(abs(exact - (try #require(source["mean_iou"]))) < 1e-3)
    #expect(try number("pixel_accuracy").allSatisfy { (0.5...1).contains($0) })
  }

  @Test("A kept file is what convert makes, and measuring it beside gives the same figures")
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

  @Test("The table has a line for each form, the figure a panel for each error and a point for each form")
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
    #expect(lines[0].hasSuffix("3 pictures, 54 classes, against the source in float32"))
    #expect(
      lines[1].split(separator: " ").joined(separator: " ")
        == "form file weights bits/weight labels changed worst picture score error largest mIoU pixels right")
    #expect(
      lines[2...5].map { $0.prefix { $0 != " " } } == ["source", "int4", "rtn4", "theirs"])
    let text = try String(contentsOfFile: plot, encoding: .utf8)
    #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    for title in [">Labels that change<", ">Error of scores, relative RMS<", ">mIoU<", ">source, float32<"] {
      #expect(text.contains(title))
    }
    // Three panels of three points, and the legend.
    #expect(text.split(separator: "class=\"marker fill").count - 1 == 12)
  }

  @Test("Without classes it looks for everyday things and says so")
  func everyday() throws {
    let outcome = try SedgeProgram.run(
      ["sweep", shapesCheckpoint, "--pictures", fixture("pictures"), "--forms", "rtn6"] + shapesOptions)
    #expect(outcome.status == 0)
    #expect(
      outcome.diagnostics == """
        note: \(fixture("pictures")): skipped 4 files: 3 label maps, 1 .md
        note: no --classes given, looking for ten everyday things

        """)
    #expect(outcome.output.contains("3 pictures, 10 classes"))
  }

  @Test("CLIP alone is measured too, a picture as one pixel")
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
  private static let complete = "\(start) --pictures {fixtures}/pictures --classes 'sky; grass'"

  static let refusals = [
    Refusal(
      "\(start) --pictures {in}/folder",
      "{in}/folder: holds no pictures (.png, .jpg, .jpeg, .jpe, .jfif, .webp, .tif, .tiff, .bmp), it is empty"
    ),
    Refusal(
      "\(start) --pictures {in}/absent", "{in}/absent: cannot be read: expected a folder of pictures"),
    Refusal(
      "\(complete) --labels {in}/folder",
      "{in}/folder: holds no label map for 3 of 3 pictures: bricks.png, sand.png, sky.png; a label map of bricks.png is named bricks.labels.png, bricks.png, bricks_labelTrainIds.png"
    ),
    Refusal(
      "\(complete) --labels {fixtures}/pictures",
      "{fixtures}/pictures/sand.labels.png: its labels go up to 51, but the 2 classes are 0 to 1; give the class list that they index, or map them to 0 to 1"
    ),
    Refusal(
      "sweep {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --pictures {fixtures}/pictures --classes sky",
      "{fixtures}/shapes/sed_shapes.h5: the model takes 4 prompts and none were given (--templates). Without them the file takes no class names; if that is wanted, add --allow-no-class-names"
    ),
    Refusal(
      "sweep {in}/f32.sedge --pictures {fixtures}/pictures --classes sky",
      "{in}/f32.sedge: is a .sedge file, expected a checkpoint; give the one that it was made from"),
    Refusal(
      "\(complete) --plot {fixtures}/shapes/sed_shapes.h5",
      "--plot {fixtures}/shapes/sed_shapes.h5: the output is SVG, and .h5 is the ending of another format; name it sed_shapes.svg",
      status: 64),
    Refusal(
      "\(complete) --forms rtn8 --beside x={in}/linear.sedge",
      "{in}/linear.sedge: is SED (depths 1,1,2,1, widths 8,12,16,24), the source is SED (depths 2,2,4,2, widths 32,64,96,128); dimensions and heads must be the same"
    ),
    Refusal(
      "\(complete) --forms rtn8 --beside x={fixtures}/shapes/sed_shapes.h5",
      "{fixtures}/shapes/sed_shapes.h5: is a checkpoint, expected a .sedge file; make one with sedge convert"),
    Refusal(
      "\(complete) --forms int8 --keep {out}/absent",
      "{out}/absent/int8.sedge: cannot be written: No such file or directory"),
    Refusal(
      "\(complete) --forms int8 --keep {out} --plot {out}",
      "{out}: is a directory, expected a file"),
  ]

  static let usage =
    [
      Refusal(start, "Missing expected argument '--pictures <folder>'", status: 64),
      Refusal(
        "\(start) --pictures x --labels y", "--labels: say with --classes which class each value stands for.",
        status: 64),
    ]
    + ["int7", "int8,int8", "rtn1", "rtn17", "rtn08", "", "int8,"].map {
      Refusal(
        "\(complete) --forms '\($0)'", "The value '\($0)' is invalid for '--forms <forms>'", status: 64)
    }
    + ["x", "=y", "x=y:0"].map {
      Refusal(
        "\(complete) --beside \($0)",
        "The value '\($0)' is invalid for '--beside <name=file.sedge[:bytes]>'", status: 64)
    }
    + [
      Refusal(
        "\(complete) --parts image,decoder", "--parts: class names cannot be encoded without text", status: 64
      )
    ]

  @Test("What cannot be measured is refused", arguments: refusals)
  func refuses(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A wrong command line is refused", arguments: usage)
  func refusesUsage(_ refusal: Refusal) throws { try refusal.check() }

  @Test("Label maps are paired by stem, and are no pictures themselves")
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
      "sweep", shapesCheckpoint, "--pictures", folder.path, "--classes", fixture("shapes/classes.json"),
      "--forms", "rtn8", "--json",
    ]
    let found = try SedgeProgram.run(arguments + shapesOptions + ["--labels", labels])
    #expect(found.status == 0, "\(found.diagnostics)")
    #expect(try found.json()["pictures"] as? Int == 3)
    // One of the pictures has no label map in its own folder.
    let missing = try SedgeProgram.run(arguments + shapesOptions + ["--labels", folder.path])
    #expect(missing.status == 2)
    #expect(
      missing.errors
        == "sedge: \(folder.path): holds no label map for 1 of 3 pictures: c.png; a label map of c.png is named c.labels.png, c.png, c_labelTrainIds.png\n"
    )
    // The same number is not enough.
    try FileManager.default.moveItem(atPath: "\(labels)/img_07.png", toPath: "\(labels)/lab_07.png")
    let numbered = try SedgeProgram.run(arguments + shapesOptions + ["--labels", labels])
    #expect(numbered.status == 2)
    #expect(
      numbered.errors
        == "sedge: \(labels): holds no label map for 1 of 3 pictures: img_07.png; a label map of img_07.png is named img_07.labels.png, img_07.png, img_07_labelTrainIds.png; 2 label maps have no picture: lab_07.png, pred_7.png\n"
    )
  }
}
