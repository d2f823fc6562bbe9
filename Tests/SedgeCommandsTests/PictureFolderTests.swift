// Which files of a folder are pictures, and which label map belongs to which.

import Foundation
import Sedge
import SedgeCommands
import TestSupport
import Testing

@Suite("Folders of pictures")
struct PictureFolderTests {
  /// A folder with empty files of some names; names that end with a slash are folders.
  private static func folder(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names {
      if name.hasSuffix("/") {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      } else {
        _ = try folder.write([], to: name)
      }
    }
    return folder
  }

  @Test("A picture is told by its ending, in any case; hidden files and what systems leave are not there")
  func classifies() throws {
    let pictures = ["a.PNG", "b.jpg", "c.jpeg", "d.jpe", "e.jfif", "f.webp", "g.tif", "h.TIFF", "i.bmp"]
    let folder = try Self.folder(
      pictures + [
        "._a.png", ".DS_Store", ".hidden.png", "Thumbs.db", "desktop.ini", "__MACOSX/", "sub/", "sub.png/",
        "x.txt",
        "y.txt", "z.heic", "README",
      ])
    let found = try PictureFolder(path: folder.path)
    #expect(found.pictures == pictures)
    #expect(found.folders == ["sub", "sub.png"])
    #expect(
      found.passedOver() == "\(folder.path): passed over 4 files: 2 .txt, 1 without ending, 1 .heic")
  }

  @Test("Label maps among pictures are no pictures")
  func findsLabelMaps() throws {
    let folder = try Self.folder([
      "a.jpg", "a.labels.png", "b.labels.tif", "img_07.png", "lab_7.png", "labrador.png", "lab_8.png",
      "lindau_000001_leftImg8bit.png", "lindau_000001_gtFine_color.png", "c_labelTrainIds.png",
    ])
    let found = try PictureFolder(path: folder.path)
    #expect(
      found.pictures == ["a.jpg", "img_07.png", "lab_8.png", "labrador.png", "lindau_000001_leftImg8bit.png"])
    #expect(found.passedOver() == "\(folder.path): passed over 5 files: 5 label maps")
    #expect(found.passedOver(usesLabelMaps: true) == nil)
  }

  @Test(
    "A folder without pictures says what it holds",
    arguments: [
      ([], "it is empty"), (["a.txt", "b.heic", "c.heic"], "only 2 .heic, 1 .txt"),
      (["lindau/", "munster/"], "only 2 folders, such as lindau; give the folder that the pictures lie in"),
      (["a.labels.png", "x/"], "only 1 .png, the folder x; give the folder that the pictures lie in"),
    ])
  func saysWhatIsThere(names: [String], words: String) throws {
    let folder = try Self.folder(names)
    let error = try #require(throws: OptionError.self) {
      _ = try PictureFolder(path: folder.path).requirePictures()
    }
    #expect(
      error.description
        == "\(folder.path): holds no pictures (.png, .jpg, .jpeg, .jpe, .jfif, .webp, .tif, .tiff, .bmp), \(words)"
    )
  }

  struct Pairing: Sendable {
    var pictures: [String]
    var labels: [String]
    var maps: [String]
    var unused: String?
  }

  static let pairings = [
    Pairing(
      pictures: ["a.jpg"], labels: ["a.png", "a.labels.png"], maps: ["a.labels.png"],
      unused: "1 label map without a picture, such as a.png"),
    Pairing(pictures: ["v1.jpg"], labels: ["v1.tif", "v1.txt"], maps: ["v1.tif"]),
    Pairing(
      pictures: ["000139.jpg"], labels: ["000139_labelTrainIds.png"], maps: ["000139_labelTrainIds.png"]),
    Pairing(
      pictures: ["x_000019_leftImg8bit.png"],
      labels: [
        "x_000019_gtFine_color.png", "x_000019_gtFine_instanceIds.png", "x_000019_gtFine_labelIds.png",
        "x_000019_gtFine_labelTrainIds.png",
      ], maps: ["x_000019_gtFine_labelTrainIds.png"]),
    Pairing(
      pictures: ["img_007.png"], labels: ["lab_7.png", "pred_7.png"], maps: ["lab_7.png"],
      unused: "1 label map without a picture, such as pred_7.png"),
    // A file of another format is read, and refused with its own reason.
    Pairing(pictures: ["a.jpg"], labels: ["a.npy"], maps: ["a.npy"]),
    Pairing(pictures: ["a.jpg"], labels: ["a.jpg"], maps: ["a.jpg"]),
  ]

  @Test("A label map is found by its name", arguments: pairings)
  func pairs(_ pairing: Pairing) throws {
    let labels = try Self.folder(pairing.labels)
    let pairs = try LabelPairs(
      pictures: pairing.pictures, labels: PictureFolder(path: labels.path), isShared: false)
    #expect(pairs.maps == pairing.maps)
    #expect(pairs.unused == pairing.unused.map { "\(labels.path): \($0)" })
  }

  @Test("A picture without a label map is refused with the names that were looked for")
  func refusesMissing() throws {
    let labels = try Self.folder(["2008_000033.png", "x_gtFine_labelIds.png"])
    func message(_ pictures: [String]) throws -> String {
      let error = try #require(throws: OptionError.self) {
        _ = try LabelPairs(pictures: pictures, labels: PictureFolder(path: labels.path), isShared: false)
      }
      return error.description
    }
    // The same last number is not enough.
    #expect(
      try message(["2007_000033.jpg", "2008_000033.jpg"])
        == "\(labels.path): holds no label map for 2007_000033.jpg; looked for 2007_000033.labels.png, 2007_000033.png, 2007_000033_labelTrainIds.png; its _labelIds number 34 classes, not the 19 of _labelTrainIds: make those with Cityscapes' scripts"
    )
    #expect(
      try message(["x_leftImg8bit.png"]).hasPrefix(
        "\(labels.path): holds no label map for x_leftImg8bit.png; looked for x_leftImg8bit.labels.png, x_leftImg8bit.png, x_leftImg8bit_labelTrainIds.png, x_gtFine_labelTrainIds.png, x_gtCoarse_labelTrainIds.png; its _labelIds"
      ))
    let cities = try Self.folder(["lindau/"])
    let error = try #require(throws: OptionError.self) {
      _ = try LabelPairs(pictures: ["a.png"], labels: PictureFolder(path: cities.path), isShared: false)
    }
    #expect(
      error.description.hasSuffix("; it has folders, such as lindau: give the one that the label maps lie in")
    )
  }
}
