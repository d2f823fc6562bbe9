// Faults of folders of pictures and label maps.

/// A folder does not hold the pictures or the label maps that are needed.
package struct PictureFolderError: Error, Hashable, Sendable {
  /// The number of files with one extension.
  package struct FileCount: Hashable, Sendable {
    /// In lower case, without the dot; empty for files without one.
    package var fileExtension: String
    package var count: Int

    /// Describes a count.
    package init(fileExtension: String, count: Int) {
      self.fileExtension = fileExtension
      self.count = count
    }
  }

  /// The fault.
  package enum Kind: Hashable, Sendable {
    /// The folder has no picture.
    case noPictures(fileCounts: [FileCount], folders: [String])
    /// The folder has no file with one of the endings.
    case noneWithEnding(endings: [String], fileCounts: [FileCount], folders: [String])
    /// Pictures without a label map in the folder, of how many; the stems that a label map of the first may have; the label
    /// maps without a picture; the folders in the folder, where it has no label map.
    case unpaired(
      pictures: [String], of: Int, expectedStems: [String], labelMaps: [String], folders: [String])
    /// A picture has several label maps of one stem.
    case ambiguous(picture: String, labelMaps: [String])
    /// Several pictures have one label map: their stems are the same.
    case sharedLabelMap(labelMap: String, pictures: [String])
  }

  /// The fault.
  package var kind: Kind
  /// The folder at fault.
  package var path: String

  /// Describes a fault.
  package init(_ kind: Kind, path: String) {
    self.kind = kind
    self.path = path
  }
}

extension PictureFolderError: CustomStringConvertible {
  /// One line: the folder, what was expected and found, what to do.
  package var description: String {
    switch kind {
    case .noPictures(let fileCounts, let folders):
      let extensions = PictureFolder.extensions.map { ".\($0)" }.joined(separator: ", ")
      return "\(path): holds no pictures (\(extensions)), " + Self.contents(fileCounts, folders)
    case .noneWithEnding(let endings, let fileCounts, let folders):
      return "\(path): holds no \(endings.map { ".\($0)" }.joined(separator: ", ")) file, "
        + Self.contents(fileCounts, folders)
    case .unpaired(let pictures, let count, let stems, let labelMaps, let folders):
      var text = "\(path): holds no label map for "
      text +=
        count == 1 ? Self.list(pictures) : "\(pictures.count) of \(count) pictures: \(Self.list(pictures))"
      text += "; a label map of \(pictures[0]) is named \(stems.map { "\($0).png" }.joined(separator: ", "))"
      if !labelMaps.isEmpty {
        text +=
          "; \(labelMaps.count) \(labelMaps.count == 1 ? "label map has" : "label maps have") no picture: "
          + Self.list(labelMaps)
      }
      if labelMaps.contains(where: { $0.stem.hasSuffix("_labelIds") }) {
        text +=
          "; _labelIds number 34 classes, not the 19 of _labelTrainIds: make those with Cityscapes' scripts"
      } else if labelMaps.isEmpty, let first = folders.first {
        text += "; it has folders, such as \(first): give the one that the label maps are in"
      }
      return text
    case .ambiguous(let picture, let labelMaps):
      return "\(path): holds \(labelMaps.count) label maps of \(picture): \(Self.list(labelMaps)); keep one"
    case .sharedLabelMap(let labelMap, let pictures):
      return "\(path): \(labelMap) belongs to \(pictures.count) pictures: \(Self.list(pictures)); keep one"
    }
  }

  /// What a folder holds instead.
  private static func contents(_ fileCounts: [FileCount], _ folders: [String]) -> String {
    var found = fileCounts.map(\.description)
    if let first = folders.first {
      found.append(folders.count == 1 ? "the folder \(first)" : "\(folders.count) folders, such as \(first)")
    }
    return (found.isEmpty ? "it is empty" : "only \(found.joined(separator: ", "))")
      + (folders.isEmpty ? "" : "; give the folder that the pictures are in")
  }

  /// The first few names.
  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}

extension PictureFolderError.FileCount: CustomStringConvertible {
  /// Such as `2 .txt`.
  package var description: String {
    fileExtension.isEmpty ? "\(count) without extension" : "\(count) .\(fileExtension)"
  }
}
