// The label map of each picture.

/// Pictures paired with label maps by the stems of their names, exactly.
///
/// To a picture `NAME.EXT` belongs the label map of the first stem that the folder has: `NAME.labels`, `NAME` in another
/// folder, `NAME_labelTrainIds`, and for Cityscapes' `PLACE_leftImg8bit` `PLACE_gtFine_labelTrainIds` or
/// `PLACE_gtCoarse_labelTrainIds`. No other likeness of names makes a pair.
package struct LabelPairs: Sendable {
  /// The name of each picture's label map.
  package let labelMaps: [String]
  /// The names of the label maps that belong to no picture, sorted.
  package let unusedLabelMaps: [String]

  /// The extensions of label maps.
  private static let extensions = ["png", "tif", "tiff"]

  /// Pairs pictures with the files of a folder.
  ///
  /// - Parameter isShared: Whether the folder is that of the pictures.
  /// - Throws: ``PictureFolderError`` where a picture has no label map, or several of one stem.
  package init(pictures: [String], labels: PictureFolder, isShared: Bool) throws(PictureFolderError) {
    let files = labels.labelMaps + (isShared ? [] : labels.pictures + labels.others)
    let filesByStem = Dictionary(grouping: files, by: \.stem)
    var found: [String] = []
    var missing: [String] = []
    for picture in pictures {
      let candidates = Self.stems(ofPicture: picture).lazy.compactMap { filesByStem[$0] }.first ?? []
      let maps = candidates.filter { Self.extensions.contains($0.fileExtension) }
      guard maps.count < 2 else {
        throw PictureFolderError(.ambiguous(picture: picture, labelMaps: maps.sorted()), path: labels.path)
      }
      // A file of another format is refused when it is read, with the reason.
      if let map = maps.first ?? candidates.first { found.append(map) } else { missing.append(picture) }
    }
    let used = Set(found)
    let unused = files.filter { !used.contains($0) && Self.extensions.contains($0.fileExtension) }.sorted()
    if let first = missing.first {
      throw PictureFolderError(
        .unpaired(
          pictures: missing, of: pictures.count, expectedStems: Self.stems(ofPicture: first),
          labelMaps: unused,
          folders: found.isEmpty ? labels.folders : []), path: labels.path)
    }
    labelMaps = found
    unusedLabelMaps = unused.filter { !$0.contains("_gt") }
  }

  /// The stems of a picture's label map, the best first.
  private static func stems(ofPicture name: String) -> [String] {
    let stem = name.stem
    var stems = ["\(stem).labels", stem, "\(stem)_labelTrainIds"]
    if stem.hasSuffix("_leftImg8bit") {
      let place = stem.dropLast("_leftImg8bit".count)
      stems += ["\(place)_gtFine_labelTrainIds", "\(place)_gtCoarse_labelTrainIds"]
    }
    return stems
  }
}
