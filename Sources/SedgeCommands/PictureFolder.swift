// What a folder holds: pictures, label maps, other files.

import Sedge

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of a folder, told apart by their names alone. The one rule for what is a picture, wherever a folder is given.
///
/// A picture ends with one of ``endings``. Its own label map, `NAME.labels.png` and such, is none. Hidden files and those
/// that systems leave behind are not there at all; folders are not entered.
package struct PictureFolder {
  /// The endings of pictures, in lower case.
  static let endings = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "bmp"]
  /// The endings of label maps.
  static let labelEndings = ["png", "tif", "tiff"]

  private static let leftBehind = ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"]
  private static let labelMarks = ["_gtFine_", "_gtCoarse_", "_labelTrainIds", "_labelIds"]

  package let path: String
  /// The names of the pictures, sorted.
  package private(set) var pictures: [String] = []
  /// The names of label maps among them, sorted.
  package private(set) var labelMaps: [String] = []
  /// The names of all other files, sorted.
  package private(set) var others: [String] = []
  /// The names of folders in it, sorted.
  package private(set) var folders: [String] = []

  /// Lists a folder.
  ///
  /// - Throws: `FormatError` where there is no such folder or it cannot be read.
  package init(path: String) throws {
    self.path = path
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw FormatError(.cannotRead(reason: "expected a folder of pictures"), path: path)
    }
    for name in names where !name.hasPrefix(".") && !Self.leftBehind.contains(name.lowercased()) {
      var status = stat()
      if unsafe stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        folders.append(name)
      } else if Self.endings.contains(Self.ending(name)) {
        pictures.append(name)
      } else {
        others.append(name)
      }
    }
    labelMaps = pictures.filter(isLabelMap)
    let maps = Set(labelMaps)
    pictures.removeAll { maps.contains($0) }
  }

  /// The pictures, at least one.
  ///
  /// - Throws: `OptionError` that tells what is there instead.
  package func requirePictures() throws -> [String] {
    guard pictures.isEmpty else { return pictures }
    let endings = Self.endings.map { ".\($0)" }.joined(separator: ", ")
    var found = counts(others: others + labelMaps)
    if let first = folders.first {
      found.append(folders.count == 1 ? "the folder \(first)" : "\(folders.count) folders, such as \(first)")
    }
    throw OptionError(
      "\(path): holds no pictures (\(endings)), "
        + (found.isEmpty ? "it is empty" : "only \(found.joined(separator: ", "))")
        + (folders.isEmpty ? "" : "; give the folder that the pictures lie in"))
  }

  /// Tells which files are not run; `nil` where there are none.
  ///
  /// - Parameter usesLabelMaps: Whether the label maps are used as such.
  package func passedOver(usesLabelMaps: Bool = false) -> String? {
    let maps = usesLabelMaps ? [] : labelMaps
    let count = maps.count + others.count
    guard count > 0 else { return nil }
    let parts = (maps.isEmpty ? [] : [counted(maps.count, "label map")]) + counts(others: others)
    return "\(path): passed over \(counted(count, "file")): \(parts.joined(separator: ", "))"
  }

  /// How many files there are of each ending, the most first.
  private func counts(others: [String]) -> [String] {
    let endings = Dictionary(others.map { (Self.ending($0), 1) }, uniquingKeysWith: +)
    return endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { $0.key.isEmpty ? "\($0.value) without ending" : "\($0.value) .\($0.key)" }
  }

  /// Whether a file is the label map of another in the folder.
  private func isLabelMap(_ name: String) -> Bool {
    let stem = Self.stem(name)
    if stem.hasSuffix(".labels") || Self.labelMarks.contains(where: stem.contains) { return true }
    guard stem.hasPrefix("lab"), let numbers = Self.numbers(stem) else { return false }
    return pictures.contains { !$0.hasPrefix("lab") && Self.numbers(Self.stem($0)) == numbers }
  }

  /// A name without its ending.
  static func stem(_ name: String) -> String { name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name }

  /// A name's ending in lower case, without the point.
  static func ending(_ name: String) -> String {
    name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }

  /// The numbers in a stem that ends with one, without leading zeros.
  static func numbers(_ stem: String) -> [String]? {
    guard let last = stem.last, last.isASCII, last.isNumber else { return nil }
    return stem.split { !($0.isASCII && $0.isNumber) }.map {
      let significant = $0.drop { $0 == "0" }
      return significant.isEmpty ? "0" : String(significant)
    }
  }
}

/// A count with a noun.
private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The pictures of a folder, with ground truth where there is a folder of it.
///
/// - Parameter note: Takes what else is to be told: files that were passed over, label maps without a picture.
/// - Throws: `FormatError` where a folder cannot be read, `OptionError` where there is no picture, or where a picture has
///   no label map or several.
func testPictures(
  inFolder path: String, labelsFolder: String? = nil, note: (String) -> Void
) throws -> [TestPicture] {
  let folder = try PictureFolder(path: path)
  let names = try folder.requirePictures()
  let isShared = labelsFolder.map { isSameFile(path, $0) } ?? false
  folder.passedOver(usesLabelMaps: isShared).map(note)
  guard let labelsFolder else { return names.map { TestPicture(path: "\(path)/\($0)") } }
  let pairs = try LabelPairs(pictures: names, labels: PictureFolder(path: labelsFolder), isShared: isShared)
  pairs.unused.map(note)
  return zip(names, pairs.maps).map {
    TestPicture(path: "\(path)/\($0)", truthPath: "\(labelsFolder)/\($1)")
  }
}

/// Which label map belongs to which picture.
///
/// To a picture `NAME.EXT` belongs the first of `NAME.labels`, `NAME` in another folder, `NAME_labelTrainIds`, and for
/// Cityscapes' `NAME_leftImg8bit` `NAME_gtFine_labelTrainIds` or `NAME_gtCoarse_labelTrainIds`, as `.png` or `.tif`; else
/// the map whose name ends with a number and has the same numbers, of several of these the one that begins with `lab`.
package struct LabelPairs {
  /// The name of each picture's map.
  package let maps: [String]
  /// Tells of label maps that no picture has; `nil` where there are none.
  package let unused: String?

  /// Pairs pictures with the files of a folder.
  ///
  /// - Parameter isShared: Whether the pictures lie in the same folder.
  /// - Throws: `OptionError` where a picture has no label map or several.
  package init(pictures: [String], labels: PictureFolder, isShared: Bool) throws {
    let files = labels.labelMaps + (isShared ? [] : labels.pictures) + (isShared ? [] : labels.others)
    let byStem = Dictionary(grouping: files, by: PictureFolder.stem)
    let stems = Set(pictures.map(PictureFolder.stem))
    let numbered = Dictionary(
      grouping: files.filter {
        PictureFolder.labelEndings.contains(PictureFolder.ending($0))
          && !stems.contains(PictureFolder.stem($0))
      }, by: { PictureFolder.numbers(PictureFolder.stem($0)) ?? [] })
    var found: [String?] = []
    for name in pictures {
      let stem = PictureFolder.stem(name)
      let named = Self.stems(forPicture: stem).lazy.compactMap { byStem[$0].map(Self.best) }.first
      found.append(
        try named
          ?? PictureFolder.numbers(stem).flatMap {
            try Self.only(numbered[$0] ?? [], for: name, in: labels.path)
          })
    }
    let missing = zip(pictures, found).filter { $0.1 == nil }.map(\.0)
    guard missing.isEmpty else {
      throw OptionError(Self.text(missing: missing, of: pictures.count, labels: labels))
    }
    maps = found.compactMap(\.self)
    let used = Set(maps)
    let left = files.filter {
      !used.contains($0) && PictureFolder.labelEndings.contains(PictureFolder.ending($0))
        && !$0.contains("_gt")
    }
    unused = left.first.map {
      "\(labels.path): \(counted(left.count, "label map")) without a picture, such as \($0)"
    }
  }

  /// The stems of a picture's map, the best first.
  private static func stems(forPicture stem: String) -> [String] {
    var stems = ["\(stem).labels", stem, "\(stem)_labelTrainIds"]
    if stem.hasSuffix("_leftImg8bit") {
      let place = stem.dropLast("_leftImg8bit".count)
      stems += ["\(place)_gtFine_labelTrainIds", "\(place)_gtCoarse_labelTrainIds"]
    }
    return stems
  }

  /// Of several files of one stem that of a format that label maps have.
  private static func best(_ names: [String]) -> String {
    let endings = PictureFolder.labelEndings
    return endings.lazy.compactMap { ending in names.first { PictureFolder.ending($0) == ending } }.first
      ?? names[0]
  }

  private static func only(_ names: [String], for picture: String, in folder: String) throws -> String? {
    let labels = names.filter { $0.hasPrefix("lab") }
    let names = labels.isEmpty ? names : labels
    guard names.count < 2 else {
      throw OptionError("\(folder): \(names[0]) and \(names[1]) both have the number of \(picture)")
    }
    return names.first
  }

  private static func text(missing: [String], of count: Int, labels: PictureFolder) -> String {
    let stem = PictureFolder.stem(missing[0])
    var text = "\(labels.path): holds no label map for "
    text += missing.count == 1 ? missing[0] : "\(missing.count) of \(count) pictures, such as \(missing[0])"
    text += "; looked for \(stems(forPicture: stem).map { "\($0).png" }.joined(separator: ", "))"
    let names = labels.pictures + labels.labelMaps
    if names.contains(where: { $0.hasSuffix("_labelIds.png") }) {
      text +=
        "; its _labelIds number 34 classes, not the 19 of _labelTrainIds: make those with Cityscapes' scripts"
    } else if names.isEmpty, let first = labels.folders.first {
      text += "; it has folders, such as \(first): give the one that the label maps lie in"
    }
    return text
  }
}
