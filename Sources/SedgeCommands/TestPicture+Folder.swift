// The pictures of a folder, and what to note of its other files.

import SedgeEvaluation
import SedgeCompression
import Sedge
import SedgeImages
import SedgeTensor

/// The pictures of a folder, with ground truth where there is a folder of it.
///
/// - Parameter note: Takes what else is to be reported: files that are skipped, label maps without a picture.
/// - Throws: `FormatError` where a folder cannot be read, `PictureFolderError` where there is no picture, or where a
///   picture has no label map or several.
func testPictures(
  inFolder path: String, labelsFolder: String? = nil, note: (String) -> Void
) throws -> [TestPicture] {
  let folder = try PictureFolder(path: path)
  let names = try folder.requirePictures()
  let isShared = labelsFolder.map { FileSystem.isSameFile(path, $0) } ?? false
  folder.skippedFilesNote(usesLabelMaps: isShared).map(note)
  guard let labelsFolder else { return names.map { TestPicture(path: "\(path)/\($0)") } }
  let pairs = try LabelPairs(pictures: names, labels: PictureFolder(path: labelsFolder), isShared: isShared)
  if let first = pairs.unusedLabelMaps.first {
    note(
      "\(labelsFolder): \(counted(pairs.unusedLabelMaps.count, "label map")) without a picture, such as \(first)"
    )
  }
  return zip(names, pairs.labelMaps).map {
    TestPicture(path: "\(path)/\($0)", truthPath: "\(labelsFolder)/\($1)")
  }
}

extension PictureFolder {
  /// A note of the files that are not run; `nil` where there are none.
  ///
  /// - Parameter usesLabelMaps: Whether the label maps are used as such.
  func skippedFilesNote(usesLabelMaps: Bool = false) -> String? {
    let maps = usesLabelMaps ? [] : labelMaps
    let count = maps.count + others.count + undecodable.count
    guard count > 0 else { return nil }
    let parts =
      (maps.isEmpty ? [] : [counted(maps.count, "label map")])
      + Self.counts(byExtensionOf: others).map(\.description)
      + (undecodable.isEmpty ? [] : ["\(undecodable.count) whose name is not UTF-8"])
    return "\(path): skipped \(counted(count, "file")): \(parts.joined(separator: ", "))"
  }
}
