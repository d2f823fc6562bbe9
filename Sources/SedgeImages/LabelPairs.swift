// The label map of each picture.

/// Pictures paired with label maps by the stems of their names, exactly.
///
/// To a picture `NAME.EXT` belongs the label map of the first stem that the folder has: `NAME.labels`, `NAME` in another
/// folder, `NAME_labelTrainIds`, and for Cityscapes' `PLACE_leftImg8bit` `PLACE_gtFine_labelTrainIds` or
/// `PLACE_gtCoarse_labelTrainIds`. No other likeness of names makes a pair.
package struct LabelPairs: Sendable {
  /// The pictures that have a label map, in the order in which they were given.
  package let pictures: [String]
  /// The name of the label map of each of ``pictures``.
  package let labelMaps: [String]
  /// The pictures without a label map; none where every picture needs one.
  package let unpairedPictures: [String]
  /// The names of the label maps that belong to no picture, sorted.
  package let unusedLabelMaps: [String]

  /// The extensions of label maps.
  private static let extensions = ["png", "tif", "tiff"]

  /// Pairs each picture with a file of a folder.
  ///
  /// - Parameter isShared: Whether the folder is that of the pictures.
  /// - Throws: ``PictureFolderError`` where a picture has no label map, or several of one stem.
  package init(pictures: [String], labels: PictureFolder, isShared: Bool) throws(PictureFolderError) {
    let files = labels.labelMaps + (isShared ? [] : labels.pictures + labels.others)
    try self.init(pictures: pictures, files: files, labels: labels, allowsUnpaired: false)
  }

  /// Pairs the pictures that have a label map: label maps decide which pictures count.
  ///
  /// - Parameters:
  ///   - files: The files of the folder that may be label maps.
  ///   - labels: The folder.
  /// - Throws: ``PictureFolderError`` where no picture has a label map, one has several of one stem, or several have the
  ///   same.
  package init(pictures: [String], labeledBy files: [String], of labels: PictureFolder)
    throws(PictureFolderError)
  {
    try self.init(pictures: pictures, files: files, labels: labels, allowsUnpaired: true)
    let picturesByMap = Dictionary(grouping: zip(labelMaps, self.pictures), by: \.0)
    guard picturesByMap.count < labelMaps.count else { return }
    if let map = labelMaps.first(where: { (picturesByMap[$0] ?? []).count > 1 }) {
      throw PictureFolderError(
        .sharedLabelMap(labelMap: map, pictures: (picturesByMap[map] ?? []).map(\.1)), path: labels.path)
    }
  }

  private init(
    pictures: [String], files: [String], labels: PictureFolder, allowsUnpaired: Bool
  ) throws(PictureFolderError) {
    let filesByStem = Dictionary(grouping: files, by: \.stem)
    var paired: [String] = []
    var found: [String] = []
    var missing: [String] = []
    for picture in pictures {
      let candidates = Self.stems(ofPicture: picture).lazy.compactMap { filesByStem[$0] }.first ?? []
      let maps = candidates.filter { Self.extensions.contains($0.fileExtension) }
      guard maps.count < 2 else {
        throw PictureFolderError(.ambiguous(picture: picture, labelMaps: maps.sorted()), path: labels.path)
      }
      // A file of another format is refused when it is read, with the reason.
      if let map = maps.first ?? candidates.first {
        paired.append(picture)
        found.append(map)
      } else {
        missing.append(picture)
      }
    }
    let used = Set(found)
    let unused = files.filter { !used.contains($0) && Self.extensions.contains($0.fileExtension) }.sorted()
    if let first = missing.first, !allowsUnpaired || found.isEmpty {
      throw PictureFolderError(
        .unpaired(
          pictures: missing, of: pictures.count, expectedStems: Self.stems(ofPicture: first),
          labelMaps: unused,
          folders: found.isEmpty ? labels.folders : []), path: labels.path)
    }
    (self.pictures, labelMaps, unpairedPictures) = (paired, found, missing)
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
