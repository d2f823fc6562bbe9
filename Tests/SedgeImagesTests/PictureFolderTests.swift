// Kinds of files in a folder of pictures, and label maps paired with pictures.

import Foundation
import SedgeImages
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

  @Test("A picture is known by its extension, in any case; hidden and system files are not listed")
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
    #expect(found.others == ["README", "x.txt", "y.txt", "z.heic"])
  }

  @Test("Label maps among pictures are listed as label maps")
  func findsLabelMaps() throws {
    let folder = try Self.folder([
      "a.jpg", "a.labels.png", "b.labels.tif", "img_07.png", "lab_7.png",
      "lindau_000001_leftImg8bit.png", "lindau_000001_gtFine_color.png", "c_labelTrainIds.png",
    ])
    let found = try PictureFolder(path: folder.path)
    #expect(found.pictures == ["a.jpg", "img_07.png", "lab_7.png", "lindau_000001_leftImg8bit.png"])
    #expect(
      found.labelMaps == [
        "a.labels.png", "b.labels.tif", "c_labelTrainIds.png", "lindau_000001_gtFine_color.png",
      ])
  }

  @Test(
    "A folder without pictures is refused with what it holds",
    arguments: [
      ([], "it is empty"), (["a.txt", "b.heic", "c.heic"], "only 2 .heic, 1 .txt"),
      (["lindau/", "munster/"], "only 2 folders, such as lindau; give the folder that the pictures are in"),
      (["a.labels.png", "x/"], "only 1 .png, the folder x; give the folder that the pictures are in"),
    ])
  func refusesNoPictures(names: [String], words: String) throws {
    let folder = try Self.folder(names)
    let error = try #require(throws: PictureFolderError.self) {
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
    var unused: [String] = []
  }

  static let pairings = [
    Pairing(
      pictures: ["a.jpg"], labels: ["a.png", "a.labels.png"], maps: ["a.labels.png"],
      unused: ["a.png"]),
    Pairing(pictures: ["v1.jpg"], labels: ["v1.tif", "v1.txt"], maps: ["v1.tif"]),
    Pairing(
      pictures: ["000139.jpg"], labels: ["000139_labelTrainIds.png"], maps: ["000139_labelTrainIds.png"]),
    Pairing(
      pictures: ["x_000019_leftImg8bit.png"],
      labels: [
        "x_000019_gtFine_color.png", "x_000019_gtFine_instanceIds.png", "x_000019_gtFine_labelIds.png",
        "x_000019_gtFine_labelTrainIds.png",
      ], maps: ["x_000019_gtFine_labelTrainIds.png"]),
    // A number in common makes no pair.
    Pairing(
      pictures: ["img_7.png"], labels: ["img_7.png", "lab_7.png", "img_07.png"], maps: ["img_7.png"],
      unused: ["img_07.png", "lab_7.png"]),
    // A file of another format is read, and refused with its own reason.
    Pairing(pictures: ["a.jpg"], labels: ["a.npy"], maps: ["a.npy"]),
    Pairing(pictures: ["a.jpg"], labels: ["a.jpg"], maps: ["a.jpg"]),
  ]

  @Test("A label map is paired by the stem of its name", arguments: pairings)
  func pairs(_ pairing: Pairing) throws {
    let labels = try Self.folder(pairing.labels)
    let pairs = try LabelPairs(
      pictures: pairing.pictures, labels: PictureFolder(path: labels.path), isShared: false)
    #expect(pairs.labelMaps == pairing.maps)
    #expect(pairs.unusedLabelMaps == pairing.unused)
  }

  private static func fault(pictures: [String], labels: [String]) throws -> (PictureFolderError, path: String)
  {
    let folder = try Self.folder(labels)
    let error = try #require(throws: PictureFolderError.self) {
      _ = try LabelPairs(pictures: pictures, labels: PictureFolder(path: folder.path), isShared: false)
    }
    return (error, folder.path)
  }

  @Test("Pictures without a label map are refused together with the label maps without a picture")
  func refusesMissing() throws {
    let (error, path) = try Self.fault(
      pictures: ["2007_000033.jpg", "2008_000033.jpg"],
      labels: ["2008_000033.png", "2009_000033.png", "x.txt"])
    #expect(
      error
        == PictureFolderError(
          .unpaired(
            pictures: ["2007_000033.jpg"], of: 2,
            expectedStems: ["2007_000033.labels", "2007_000033", "2007_000033_labelTrainIds"],
            labelMaps: ["2009_000033.png"], folders: []), path: path))
    #expect(
      error.description
        == "\(path): holds no label map for 1 of 2 pictures: 2007_000033.jpg; a label map of 2007_000033.jpg is named 2007_000033.labels.png, 2007_000033.png, 2007_000033_labelTrainIds.png; 1 label map has no picture: 2009_000033.png"
    )
  }

  @Test("Names with the same number and another stem make no pair")
  func refusesNumbers() throws {
    let pictures = (1...5).map { "img_\($0).png" }
    let (error, path) = try Self.fault(pictures: pictures, labels: (1...4).map { "lab_\($0).png" })
    #expect(
      error.description
        == "\(path): holds no label map for 5 of 5 pictures: img_1.png, img_2.png, img_3.png and 2 more; a label map of img_1.png is named img_1.labels.png, img_1.png, img_1_labelTrainIds.png; 4 label maps have no picture: lab_1.png, lab_2.png, lab_3.png and 1 more"
    )
  }

  @Test("The numbers of Cityscapes' 34 classes are refused by their name")
  func refusesLabelIds() throws {
    let (error, path) = try Self.fault(pictures: ["x_leftImg8bit.png"], labels: ["x_gtFine_labelIds.png"])
    #expect(
      error.description
        == "\(path): holds no label map for x_leftImg8bit.png; a label map of x_leftImg8bit.png is named x_leftImg8bit.labels.png, x_leftImg8bit.png, x_leftImg8bit_labelTrainIds.png, x_gtFine_labelTrainIds.png, x_gtCoarse_labelTrainIds.png; 1 label map has no picture: x_gtFine_labelIds.png; _labelIds number 34 classes, not the 19 of _labelTrainIds: make those with Cityscapes' scripts"
    )
  }

  @Test("Folders in place of label maps are named")
  func refusesFolders() throws {
    let (error, _) = try Self.fault(pictures: ["a.png"], labels: ["lindau/"])
    #expect(
      error.description.hasSuffix("; it has folders, such as lindau: give the one that the label maps are in")
    )
  }

  @Test("Several label maps of one stem are refused")
  func refusesAmbiguity() throws {
    let (error, path) = try Self.fault(pictures: ["a.jpg"], labels: ["a.tif", "a.png", "a.txt"])
    #expect(
      error == PictureFolderError(.ambiguous(picture: "a.jpg", labelMaps: ["a.png", "a.tif"]), path: path))
    #expect(error.description == "\(path): holds 2 label maps of a.jpg: a.png, a.tif; keep one")
  }
}
