// Pictures of a data set are paired with label maps; what has no partner is told.

import Foundation
import SedgeEvaluation
import SedgeImages
import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Suite("Data of an evaluation")
struct EvaluationDataTests {
  /// Folders `pictures` and `truth` with empty files.
  private static func folders(_ pictures: [String], _ maps: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, files) in [("pictures", pictures), ("truth", maps)] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
      for file in files { _ = try folder.write([], to: "\(name)/\(file)") }
    }
    return folder
  }

  private static func description(
    _ names: [String] = ["sky", "tree, pine"], edit: (inout DataSetDescription) throws -> Void = { _ in }
  ) throws -> DataSetDescription {
    var set = DataSetDescription(
      name: "shapes", images: "pictures", labels: "truth", classes: try ClassList(names: names))
    try edit(&set)
    return set
  }

  private static func fault(
    _ pictures: [String], _ maps: [String], edit: (inout DataSetDescription) throws -> Void = { _ in }
  ) throws -> String {
    let folder = try folders(pictures, maps)
    let set = try description(edit: edit)
    let error = try #require(throws: PictureFolderError.self) {
      _ = try EvaluationData(set, root: folder.path)
    }
    return error.description
  }

  @Test("Label maps decide which pictures count; the rest is told, and hidden files are none")
  func pairs() throws {
    let folder = try Self.folders(
      ["b.jpg", "a.jpg", "c.jpg", "._a.jpg", ".DS_Store", "a.txt"],
      ["a.png", "b.png", "z.png", "._a.png", "notes.txt"])
    let data = try EvaluationData(Self.description(), root: folder.path)
    #expect(data.items.map(\.name) == ["a", "b"])
    #expect(data.items[0].imagePath == folder.file("pictures/a.jpg"))
    #expect(data.items[0].labelPath == folder.file("truth/a.png"))
    #expect(data.unpairedImages == ["c.jpg"])
    #expect(data.unpairedLabels == ["z.png"])
    #expect(data.countedClassNames == ["sky", "tree, pine"])
    #expect(data.classOfPrediction == [0, 1])
  }

  @Test("Endings select the files of folders that hold more")
  func endings() throws {
    let folder = try Self.folders(["a.jpg", "a.png", "b.JPG"], ["a.png", "a.tif", "b.tif"])
    let set = try Self.description {
      $0.imageEndings = ["jpg"]
      $0.labelEndings = ["tif"]
    }
    let data = try EvaluationData(set, root: folder.path)
    #expect(data.items.map(\.imagePath) == ["a.jpg", "b.JPG"].map { folder.file("pictures/\($0)") })
    #expect(data.items.map(\.labelPath) == ["a.tif", "b.tif"].map { folder.file("truth/\($0)") })
    #expect(data.unpairedLabels == [])
  }

  @Test("Pictures and label maps may share a folder")
  func sharedFolder() throws {
    let folder = try Self.folders(["a.png", "a.labels.png", "b.png"], [])
    let set = try Self.description {
      $0.labels = "pictures"
      $0.labelEndings = ["png"]
    }
    let data = try EvaluationData(set, root: folder.path)
    #expect(data.items.map(\.labelPath) == [folder.file("pictures/a.labels.png")])
    #expect(data.unpairedImages == ["b.png"])
  }

  @Test("Folders without a pair and ambiguous names are refused")
  func refuses() throws {
    #expect(
      try Self.fault(["a.jpg", "b.jpg"], ["x.png"]).contains(
        "holds no label map for 2 of 2 pictures: a.jpg, b.jpg; a label map of a.jpg is named a.labels.png, a.png"
      ))
    #expect(
      try Self.fault(["a.jpg"], ["a.png"]) { $0.labelEndings = ["tif"] }.hasSuffix(
        "truth: holds no .tif file, only 1 .png"))
    #expect(
      try Self.fault(["a.jpg", "a.webp"], ["a.png"]).hasSuffix(
        "truth: a.png belongs to 2 pictures: a.jpg, a.webp; keep one"))
    #expect(try Self.fault(["a.jpg"], ["a.png", "a.tif"]).contains("holds 2 label maps of a.jpg"))
    #expect(try Self.fault([], ["a.png"]).contains("holds no pictures"))
    #expect(throws: FormatError.self) {
      _ = try EvaluationData(Self.description(), root: "/nowhere")
    }
  }

  @Test("The fingerprint is that of names, classes and coding, in whatever folders")
  func fingerprint() throws {
    let (pictures, maps) = (["a.jpg", "b.jpg"], ["a.png", "b.png"])
    let (first, second) = (try Self.folders(pictures, maps), try Self.folders(pictures + ["c.jpg"], maps))
    let print = try EvaluationData(Self.description(), root: first.path).fingerprint
    #expect(print.count == 64)
    #expect(try EvaluationData(Self.description(), root: second.path).fingerprint == print)
    let changes: [(inout DataSetDescription) throws -> Void] = [
      { $0.classes = try ClassList(names: ["sky", "tree"]) }, { $0.labelOffset = -1 },
      { $0.ignoredValues = [0] },
      { $0.labelReplacements = [.init(value: 3, label: nil)] },
    ]
    for change in changes {
      let set = try Self.description(edit: change)
      #expect(try EvaluationData(set, root: first.path).fingerprint != print)
    }
    let fewer = try Self.folders(["a.jpg"], maps)
    #expect(try EvaluationData(Self.description(), root: fewer.path).fingerprint != print)
  }

  @Test("10,000 pictures of which 500 have a label map are listed in less than half a second")
  func isFast() throws {
    let names = (0..<10_000).map { "2008_\(100_000 + $0)" }
    let folder = try Self.folders(
      names.map { "\($0).jpg" }, names.enumerated().filter { $0.offset % 20 == 0 }.map { "\($0.element).png" }
    )
    let set = try Self.description()
    let seconds = try processorSeconds {
      let data = try EvaluationData(set, root: folder.path)
      #expect(data.items.count == 500)
      #expect(data.unpairedImages.count == 9_500)
    }
    #expect(seconds < 0.5)
  }

  @Test(
    "The check of a sample finds labels beyond the classes and other sizes, and passes over damaged files")
  func checks() throws {
    let folder = try Self.folders([], [])
    let image = RGBImage(width: 2, height: 1, color: RGBColor(1, 2, 3))
    func write(_ name: String, _ labels: [Int]) throws {
      try image.writePNG(to: folder.file("pictures/\(name).png"))
      try LabelMap(width: labels.count, height: 1, labels: labels).writePNG(
        to: folder.file("truth/\(name).png"))
    }
    for index in 0..<20 { try write("p\(10 + index)", [1, 255]) }
    let data = try EvaluationData(Self.description(), root: folder.path)
    #expect(try data.check() == [])
    #expect(try data.check(sampleCount: 20).count == 1)
    _ = try folder.write([1, 2, 3], to: "truth/p10.png")
    #expect(try data.check() == [])
    try write("p29", [0, 2])
    let beyond = try #require(throws: UsageError.self) { _ = try data.check(sampleCount: 20) }
    #expect(beyond.path == folder.file("truth/p29.png"))
    try write("p29", [0, 1, 1])
    let sizes = try #require(throws: UsageError.self) { _ = try data.check(sampleCount: 20) }
    #expect(sizes.path == folder.file("pictures/p29.png"))
    for item in data.items { _ = try folder.write([1, 2, 3], to: "truth/\(item.name).png") }
    #expect(throws: FormatError.self) { _ = try data.check() }
  }
}
