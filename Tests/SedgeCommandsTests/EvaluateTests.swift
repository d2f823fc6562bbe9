// Evaluations of the command line: figures, coding of labels, parts, interruptions.

import Foundation
import SedgeImages
import SedgeTokenizer
import TestSupport
import Testing

@Suite("evaluate, merge")
struct EvaluateTests {
  private static let classes = fixture("shapes/classes.json")
  private static let pictures = ["bricks", "sand", "sky"]

  /// A folder with the three pictures of the fixtures in `images` and their label maps, changed, in `labels`.
  private static func drawn(
    _ change: (LabelMap, String) throws -> Void
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["images", "labels"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: false)
    }
    for name in pictures {
      try FileManager.default.copyItem(
        atPath: fixture("pictures/\(name).png"), toPath: folder.file("images/\(name).png"))
      try change(
        LabelMap(path: fixture("pictures/\(name).labels.png")), folder.file("labels/\(name)"))
    }
    return folder
  }

  private static func plain() throws -> TemporaryFolder {
    try drawn { map, path in try map.writePNG(to: path + ".png") }
  }

  private static func data(_ folder: TemporaryFolder) -> [String] {
    [
      "--images", folder.file("images"), "--labels", folder.file("labels"), "--classes", classes,
      "--no-text-cache",
    ]
  }

  private func result(_ arguments: [String], status: Int32 = 0) throws -> [String: Any] {
    let outcome = try SedgeProgram.run(["evaluate"] + arguments + ["--json"])
    #expect(outcome.status == status, "\(outcome.diagnostics)")
    let result = try outcome.json()
    #expect(keysNotInSnakeCase(result) == [])
    return result
  }

  private func models(_ result: [String: Any]) throws -> [[String: Any]] {
    try #require(result["models"] as? [[String: Any]])
  }

  @Test("Figures are those of the label maps that segment writes, counted pixel by pixel")
  func figures() throws {
    let folder = try Self.plain()
    let files = try ["f32.sedge", "int8.sedge"].map { try Inputs.shared.file($0) }
    let result = try result(files + Self.data(folder) + ["--top-k", "1,2,8,all"])
    let models = try models(result)
    #expect(
      models.map { $0["name"] as? String }
        == Array(repeating: "f32.sedge", count: 4) + Array(repeating: "int8.sedge", count: 4))
    for (index, model) in models.enumerated() {
      let topK = (model["top_k"] as? Int).map(String.init) ?? "all"
      #expect(topK == ["1", "2", "8", "all"][index % 4])
      let expected = try confusion(files[index / 4], folder, topK: topK)
      #expect(model["confusion"] as? [[Int]] == expected)
      try checkFigures(model, expected)
    }
    let differences = try #require(result["differences"] as? [[String: Any]])
    #expect(differences.map { $0["reference"] as? Int } == [3, 3, 3, 0, 1, 2, 3])
  }

  /// The confusion by `segment`, with the published preprocessing.
  private func confusion(_ model: String, _ folder: TemporaryFolder, topK: String) throws -> [[Int]] {
    var matrix = [[Int]](repeating: [Int](repeating: 0, count: 55), count: 55)
    for name in Self.pictures {
      let path = folder.file("\(name)-\(topK)-\(model.hash).png")
      let outcome = try SedgeProgram.run([
        "segment", model, folder.file("images/\(name).png"), "--classes", Self.classes, "--top-k", topK,
        "--preprocess", "sed", "--labels", path, "--no-text-cache",
      ])
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
      let (labels, truth) = (
        try LabelMap(path: path), try LabelMap(path: folder.file("labels/\(name).png"))
      )
      for (label, truth) in zip(labels.labels, truth.labels) { matrix[label][truth == 255 ? 54 : truth] += 1 }
    }
    return matrix
  }

  /// Compares figures with detectron2's definitions.
  private func checkFigures(_ model: [String: Any], _ matrix: [[Int]]) throws {
    let truths = (0..<54).map { label in (0..<54).reduce(0) { $0 + matrix[$1][label] } }
    let predictions = (0..<54).map { label in (0..<54).reduce(0) { $0 + matrix[label][$1] } }
    let present = truths.indices.filter { truths[$0] > 0 }
    let ious = present.map {
      Double(matrix[$0][$0]) / Double(truths[$0] + predictions[$0] - matrix[$0][$0])
    }
    let total = Double(truths.reduce(0, +))
    let expected = [
      "miou": ious.reduce(0, +) / Double(present.count),
      "macc": present.reduce(0.0) { $0 + Double(matrix[$1][$1]) / Double(truths[$1]) }
        / Double(present.count),
      "fwiou": zip(present, ious).reduce(0.0) { $0 + $1.1 * Double(truths[$1.0]) / total },
      "pacc": Double(present.reduce(0) { $0 + matrix[$1][$1] }) / total,
    ]
    let figures = try #require(model["figures"] as? [String: Any])
    for (name, value) in expected {
      #expect(abs(try #require(figures[name] as? Double) - value) < 1e-14, "\(name)")
    }
    let classes = try #require(model["classes"] as? [[String: Any]])
    #expect(classes.indices.filter { classes[$0]["iou"] is Double } == present)
    #expect(classes.indices.filter { classes[$0]["iou"] is NSNull }.count == 54 - present.count)
  }

  // MARK: Coding of labels

  /// A TIFF of one channel of 16 bits, without compression.
  private static func tiff(_ map: LabelMap) -> [UInt8] {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let entries = [
      (256, 4, map.width), (257, 4, map.height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 122),
      (277, 3, 1), (278, 4, map.height), (279, 4, map.labels.count * 2),
    ]
    let directory = entries.flatMap { bytes($0.0, 2) + bytes($0.1, 2) + bytes(1, 4) + bytes($0.2, 4) }
    return Array("II*\0".utf8) + bytes(8, 4) + bytes(entries.count, 2) + directory + bytes(0, 4)
      + map.labels.flatMap { bytes($0, 2) }
  }

  private static func mapped(_ map: LabelMap, _ change: (Int) -> Int) -> LabelMap {
    LabelMap(width: map.width, height: map.height, labels: map.labels.map(change))
  }

  @Test("However labels are coded, the figures are the same")
  func codings() throws {
    let model = try Inputs.shared.file("int8.sedge")
    let plain = try Self.plain()
    let expected = try models(result([model] + Self.data(plain)))[0]
    let write = { (bytes: [UInt8], path: String) in try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    let codings: [(String, [String], (LabelMap, String) throws -> Void)] = [
      (
        "16-bit TIFF with 65535", [],
        { map, path in try write(Self.tiff(Self.mapped(map) { $0 == 255 ? 65535 : $0 }), path + ".tif") }
      ),
      (
        "no class is the number of classes, as in PC-459", ["--ignore-label", "54"],
        { map, path in try Self.mapped(map) { $0 == 255 ? 54 : $0 }.writePNG(to: path + ".png") }
      ),
      (
        "1 is the first class, as in raw ADE20K", ["--label-offset", "-1"],
        { map, path in try Self.mapped(map) { $0 == 255 ? 0 : $0 + 1 }.writePNG(to: path + ".png") }
      ),
      (
        "16-bit PNG", ["--ignore-label", "999"],
        { map, path in try Self.mapped(map) { $0 == 255 ? 999 : $0 }.writePNG(to: path + ".png") }
      ),
    ]
    for (name, options, change) in codings {
      let folder = try Self.drawn(change)
      let found = try models(result([model] + Self.data(folder) + options))[0]
      #expect(found["confusion"] as? [[Int]] == expected["confusion"] as? [[Int]], "\(name)")
    }
  }

  @Test("Predicted classes of a range count as one, as in PAS-20b")
  func background() throws {
    let model = try Inputs.shared.file("f32.sedge")
    let folder = try Self.drawn { map, path in
      try Self.mapped(map) { $0 == 255 ? 255 : min($0, 6) }.writePNG(to: path + ".png")
    }
    let set = """
      {"format": "sedge data set", "version": 1, "images": "images", "labels": "labels",
       "classes": \(try String(contentsOfFile: Self.classes, encoding: .utf8)),
       "prediction_map": [{"first": 6, "last": 53, "class": 6, "name": "thing"}],
       "groups": {"ground": ["grass", "sky", "sand"]}}
      """
    let path = try folder.write(Array(set.utf8), to: "set.json")
    let found = try models(result([model, "--data", path, "--no-text-cache"]))[0]
    let plain = try Self.plain()
    let whole = try models(result([model] + Self.data(plain)))[0]
    let matrix = try #require(whole["confusion"] as? [[Int]])
    var expected = [[Int]](repeating: [Int](repeating: 0, count: 8), count: 8)
    for row in 0..<54 {
      for column in 0...54 { expected[min(row, 6)][column == 54 ? 7 : min(column, 6)] += matrix[row][column] }
    }
    #expect(found["confusion"] as? [[Int]] == expected)
    #expect((found["classes"] as? [[String: Any]])?.last?["name"] as? String == "thing")
    #expect((found["groups"] as? [[String: Any]])?.map { $0["name"] as? String } == ["ground"])
  }

  @Test("Predicted classes that change places change places, names and all")
  func permutation() throws {
    let model = try Inputs.shared.file("f32.sedge")
    let folder = try Self.plain()
    let set = """
      {"format": "sedge data set", "version": 1, "images": "images", "labels": "labels",
       "classes": \(try String(contentsOfFile: Self.classes, encoding: .utf8)),
       "prediction_map": [{"first": 0, "last": 0, "class": 1}, {"first": 1, "last": 1, "class": 0}]}
      """
    let path = try folder.write(Array(set.utf8), to: "set.json")
    let found = try models(result([model, "--data", path, "--no-text-cache"]))[0]
    let plain = try models(result([model] + Self.data(folder)))[0]
    var expected = try #require(plain["confusion"] as? [[Int]])
    expected.swapAt(0, 1)
    #expect(found["confusion"] as? [[Int]] == expected)
    let names = (found["classes"] as? [[String: Any]])?.prefix(2).map { $0["name"] as? String }
    #expect(names == ["sky", "grass"])
  }

  // MARK: Parts and interruptions

  @Test("Parts that are merged, and a run that is killed and resumed, give the bytes of one run")
  func partsAndKills() throws {
    let folder = try Self.plain()
    let models = try ["f32.sedge", "int8.sedge"].map { try Inputs.shared.file($0) }
    let arguments = ["evaluate"] + models + Self.data(folder) + ["--top-k", "2,all"]
    let whole = folder.file("whole.json")
    #expect(try SedgeProgram.run(arguments + ["-o", whole]).status == 0)
    let parts = (1...3).map { folder.file("part-\($0).jsonl") }
    for (number, part) in zip(1..., parts) {
      let outcome = try SedgeProgram.run(
        arguments + ["--shard", "auto", "--rows", part],
        environment: [
          "SLURM_ARRAY_TASK_ID": "\(number + 4)", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_COUNT": "3",
        ])
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
    }
    let merged = folder.file("merged.json")
    let merge = try SedgeProgram.run(["merge", parts[2], parts[0], parts[1], "-o", merged])
    #expect(merge.status == 0, "\(merge.diagnostics)")
    #expect(try bytes(of: merged) == bytes(of: whole))
    #expect(try SedgeProgram.run(["merge", parts[0], parts[1]]).status == 2)
    let killed = try TemporaryFolder()
    let resumed = arguments + ["-o", killed.file("result.json"), "--resume"]
    for _ in 0..<5 {
      _ = try SedgeProgram.interrupt(resumed, with: SIGKILL, whenWritingIn: killed)
    }
    let last = try SedgeProgram.run(resumed + ["--force"])
    #expect(last.status == 0, "\(last.diagnostics)")
    #expect(try bytes(of: killed.file("result.json")) == bytes(of: whole))
  }

  @Test("A picture that cannot be read costs its row and the exit code 3; --strict ends")
  func damage() throws {
    let folder = try Self.plain()
    let picture = try bytes(of: folder.file("images/sand.png"))
    _ = try folder.write(Array(picture.prefix(5000)), to: "images/sand.png")
    let model = try Inputs.shared.file("int8.sedge")
    let result = try result([model] + Self.data(folder), status: 3)
    #expect((result["failures"] as? [[String: String]])?.map { $0["picture"] } == ["sand"])
    #expect((result["pictures"] as? [[String: Any]])?.map { $0["name"] as? String } == ["bricks", "sky"])
    let strict = try SedgeProgram.run(["evaluate", model] + Self.data(folder) + ["--strict"])
    #expect(strict.status == 2)
    #expect(strict.errors.contains("images/sand.png"))
  }

  @Test("Saved labels take the place of their model, with the same result")
  func reference() throws {
    let folder = try Self.plain()
    let models = try ["f32.sedge", "int8.sedge"].map { try Inputs.shared.file($0) }
    let (labels, direct, saved) = (folder.file("labels.jsonl"), folder.file("a.json"), folder.file("b.json"))
    let outcomes = try [
      ["evaluate", models[0], "--save-reference", labels] + Self.data(folder),
      ["evaluate"] + models + Self.data(folder) + ["-o", direct],
      ["evaluate", models[1], "--reference", labels] + Self.data(folder) + ["-o", saved],
    ].map { try SedgeProgram.run($0) }
    for outcome in outcomes { #expect(outcome.status == 0, "\(outcome.diagnostics)") }
    #expect(try bytes(of: saved) == bytes(of: direct))
  }

  @Test("A gate straight from models decides as one from their results")
  func gate() throws {
    let folder = try Self.plain()
    let models = try ["f32.sedge", "int8.sedge"].map { try Inputs.shared.file($0) }
    let path = folder.file("result.json")
    #expect(
      try SedgeProgram.run(["evaluate"] + models + Self.data(folder) + ["-o", path]).status == 0)
    let flipped = try Self.drawn { map, path in
      try Self.mapped(map) { $0 == 1 ? 0 : $0 }.writePNG(to: path + ".png")
    }
    let other = folder.file("other.json")
    #expect(
      try SedgeProgram.run(["evaluate", models[0]] + Self.data(flipped) + ["-o", other]).status == 0)
    let refused = try SedgeProgram.run(["gate", path, "--baseline", other, "--allow", "miou=0%"])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("its label map of "))
    let picture = try bytes(of: folder.file("images/sky.png"))
    let overwriting = try SedgeProgram.run(
      ["gate", models[1], "--baseline", models[0], "--allow", "miou=-5%", "--junit"]
        + [folder.file("images/sky.png")] + Self.data(folder))
    #expect(overwriting.status == 2)
    #expect(try bytes(of: folder.file("images/sky.png")) == picture)
    for (rules, status) in [("miou=-5%,labels=5%", 0), ("miou=5%", 1), ("labels=0%", 1)] as [(String, Int32)]
    {
      let direct = try SedgeProgram.run(
        ["gate", models[1], "--baseline", models[0], "--allow", rules] + Self.data(folder))
      let read = try SedgeProgram.run(["gate", path, "--baseline", path, "--allow", rules])
      #expect(direct.status == status && read.status == status, "\(direct.diagnostics)\(read.diagnostics)")
      #expect(direct.output == read.output)
      #expect(read.output.hasPrefix(status == 0 ? "PASS " : "FAIL "))
    }
  }

  // MARK: Early rejection

  /// Files with other defaults of early rejection than `f32.sedge` of 8: k 2, and no heads.
  private static func others(in folder: TemporaryFolder) throws -> [String] {
    for (name, options) in [
      ("k2.sedge", ["--top-k", "2"]), ("headless.sedge", ["--parts", "image,text,decoder"]),
    ] {
      let outcome = try SedgeProgram.run(
        ["convert", shapesCheckpoint, "-o", folder.file(name)] + shapesOptions + options)
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
    }
    return [folder.file("k2.sedge"), folder.file("headless.sedge")]
  }

  private static let otherDefault =
    "note: k2.sedge is evaluated at k 8, as f32.sedge, so that differences are not those of early rejection; its own "
    + "default is k 2: --top-k 2 evaluates all models at it, --top-k all without early rejection"
  private static let noHeads =
    "note: the differences of headless.sedge (k all, having no heads for early rejection) from f32.sedge (k 8) are "
    + "also those of early rejection: --top-k all compares without it"

  @Test("Models run at the k of the first, which is told where their own is another, also of merged parts")
  func otherDefaults() throws {
    let folder = try Self.plain()
    let files = try [Inputs.shared.file("f32.sedge")] + Self.others(in: folder)
    let outcome = try SedgeProgram.run(["evaluate"] + files + Self.data(folder) + ["--json"])
    let found = try models(outcome.json())
    #expect(found.map { $0["top_k"] as? Int } == [8, 8, nil])
    #expect(found.map { $0["top_k_origin"] as? String } == ["default", "reference", "default"])
    #expect(found.map { $0["default_top_k"] as? Int } == [8, 2, nil])
    let notes = [Self.otherDefault, Self.noHeads]
    func told(_ outcome: SedgeProgram.Outcome) -> [String] {
      outcome.diagnostics.split(separator: "\n").map(String.init).filter { $0.contains("early rejection") }
    }
    #expect(told(outcome) == notes)
    // Weights that are the same give the same labels at one k.
    let differences = try #require(try outcome.json()["differences"] as? [[String: Any]])
    let changed = differences.map { ($0["labels"] as? [String: Any])?["changed"] as? Int }
    #expect(changed[0] == 0)
    #expect(try #require(changed[1]) > 0)
    let parts = ["a.jsonl", "b.jsonl"].map(folder.file)
    for (number, part) in zip(1..., parts) {
      let outcome = try SedgeProgram.run(
        ["evaluate"] + files + Self.data(folder) + ["--shard", "\(number)/2", "--rows", part])
      #expect(told(outcome) == notes)
    }
    let merged = try SedgeProgram.run(["merge"] + parts)
    #expect(told(merged) == notes)
    #expect(merged.output.contains(#/\nheadless.sedge +all +[0-9]/#))
    #expect(merged.output.contains("\nheadless.sedge, k all "))
  }

  @Test("The way out of other defaults is --top-k, and a gate compares at the baseline's k")
  func givenTopK() throws {
    let folder = try Self.plain()
    let k2 = try Self.others(in: folder)[0]
    let f32 = try Inputs.shared.file("f32.sedge")
    for (models, options, expected) in [
      ([f32, k2], ["--top-k", "2"], [2, 2]), ([f32, k2], ["--top-k", "all"], [nil, nil]),
      ([k2, f32], [], [2, 2]),
    ] as [([String], [String], [Int?])] {
      let outcome = try SedgeProgram.run(["evaluate"] + models + Self.data(folder) + options + ["--json"])
      #expect(try self.models(outcome.json()).map { $0["top_k"] as? Int } == expected)
      #expect(outcome.diagnostics.contains("its own default is k 8") == options.isEmpty)
    }
    let gate = try SedgeProgram.run(
      ["gate", k2, "--baseline", f32, "--allow", "labels=0%"] + Self.data(folder))
    #expect(gate.status == 0, "\(gate.output)")
    #expect(gate.diagnostics.contains(Self.otherDefault))
  }

  @Test("A checkpoint is evaluated as its float32 file is, but for rounding")
  func checkpoint() throws {
    let folder = try Self.plain()
    let file = try Inputs.shared.file("f32.sedge")
    let result = try result([shapesCheckpoint, file] + Self.data(folder) + shapesOptions)
    let labels = try #require(
      ((result["differences"] as? [[String: Any]])?[0]["labels"]) as? [String: Int])
    #expect(try #require(labels["pixels"]) == 3 * 256 * 256)
    #expect(try #require(labels["changed"]) <= 20)
  }

  @Test("Labels of another list are below chance, which is told")
  func chance() throws {
    let folder = try Self.plain()
    let names = try ClassList(file: Self.classes).classes.map(\.name)
    let rotated = try folder.write(
      Array(try JSONSerialization.data(withJSONObject: Array(names[27...] + names[..<27]))),
      to: "rotated.json")
    let outcome = try SedgeProgram.run([
      "evaluate", try Inputs.shared.file("int8.sedge"), "--images", folder.file("images"), "--labels",
      folder.file("labels"), "--classes", rotated, "--no-text-cache",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.diagnostics.contains("is below chance"))
  }

  @Test("A picture is no output, by whatever name")
  func pictureAsOutput() throws {
    let folder = try Self.plain()
    let before = try bytes(of: folder.file("images/sky.png"))
    try FileManager.default.linkItem(atPath: folder.file("images/sky.png"), toPath: folder.file("rows"))
    let outcome = try SedgeProgram.run(
      ["evaluate", try Inputs.shared.file("int8.sedge"), "--rows", folder.file("rows"), "--force"]
        + Self.data(folder))
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("images/sky.png itself"))
    #expect(try bytes(of: folder.file("images/sky.png")) == before)
  }

  @Test("Labels that are off by one are told, with the offset that makes them right")
  func shift() throws {
    let folder = try Self.drawn { map, path in
      try Self.mapped(map) { $0 == 255 || $0 == 53 ? 255 : $0 + 1 }.writePNG(to: path + ".png")
    }
    let outcome = try SedgeProgram.run(
      ["evaluate", try Inputs.shared.file("int8.sedge")] + Self.data(folder))
    #expect(outcome.status == 0)
    #expect(outcome.diagnostics.contains("warning: "))
    #expect(outcome.diagnostics.contains("try --label-offset -1"))
  }

  // MARK: Text

  private static let start =
    "evaluate {in}/int8.sedge --no-text-cache --classes {fixtures}/shapes/classes.json"
  private static let complete =
    "\(start) --images {fixtures}/pictures --labels {fixtures}/pictures"

  static let refusals = [
    Refusal("evaluate --images {fixtures}/pictures", status: 64),
    Refusal("evaluate {in}/int8.sedge", status: 64),
    Refusal("\(start) --images {fixtures}/pictures", status: 64),
    Refusal("\(complete) --data ade150", status: 64),
    Refusal("evaluate {in}/int8.sedge --data ade150"),
    Refusal("evaluate {in}/int8.sedge --data ade150 --root {in}"),
    Refusal("evaluate {in}/int8.sedge --data ade15"),
    Refusal("\(start) --images {fixtures}/pictures --labels {in}/folder"),
    Refusal("\(complete) --label-offset 90"),
    Refusal("\(complete) --top-k 99"),
    Refusal("\(complete) --top-k 2,2", status: 64),
    Refusal("\(complete) --group 'unseen=red sta'"),
    Refusal("\(complete) --shard 2/3", status: 64),
    Refusal("\(complete) --shard 4/3 --rows {out}/rows.jsonl"),
    Refusal("\(complete) --shard auto/3 --rows {out}/rows.jsonl"),
    Refusal("\(complete) --resume", status: 64),
    Refusal("\(complete) -o {out}/kept"),
    Refusal("\(complete) -o {out}/result.png", status: 64),
    Refusal("\(complete) --rows {out}/kept"),
    Refusal("\(complete) --rows {out}/rows.png", status: 64),
    Refusal("\(complete) --rows {out}/kept --resume"),
    Refusal("\(complete) --table models={out}/table.pdf", status: 64),
    Refusal("\(complete) --table clases={out}/table.csv", status: 64),
    Refusal("\(complete) --label-offset 9223372036854775807", status: 64),
    Refusal("\(complete) --reference {in}/three.json"),
    Refusal("\(complete) --preprocess windows"),
    Refusal("merge {in}/three.json"),
    Refusal("merge {in}/absent.jsonl"),
  ]

  @Test("Impossible evaluations are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.evaluateRefusals.check(Self.refusals) }
}
