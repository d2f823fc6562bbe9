// The files of a folder by kind: pictures, label maps, other files.

package import SedgeTensor

/// The files of a folder, classified by their names alone.
///
/// A picture has one of the extensions ``extensions``. A label map has one of them, too, and a stem that ends with
/// `.labels` or has a part such as `_labelTrainIds`. Hidden files and those that operating systems leave behind are not
/// listed; folders are not entered.
package struct PictureFolder: Sendable {
  /// The extensions of pictures, in lower case.
  package static let extensions = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "bmp"]

  private static let systemFiles = ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"]
  private static let labelMarks = ["_gtFine_", "_gtCoarse_", "_labelTrainIds", "_labelIds"]

  /// The folder as the caller named it.
  package let path: String
  /// The names of the pictures, sorted.
  package private(set) var pictures: [String] = []
  /// The names of the label maps, sorted.
  package private(set) var labelMaps: [String] = []
  /// The names of all other files, sorted.
  package private(set) var others: [String] = []
  /// The names of pictures and label maps that are not UTF-8, with replacement characters, sorted; no path leads to them.
  package private(set) var undecodable: [String] = []
  /// The names of the folders in the folder, sorted.
  package private(set) var folders: [String] = []

  /// Lists a folder.
  ///
  /// - Throws: ``FormatError`` where there is no such folder or it cannot be read.
  package init(path: String) throws(FormatError) {
    self.path = path
    guard let entries = FileSystem.entries(inFolder: path) else {
      throw FormatError(.cannotRead(reason: "expected a folder of pictures"), path: path)
    }
    for (name, isFolder, isUTF8) in entries.sorted(by: { $0.name < $1.name })
    where !name.hasPrefix(".") && !Self.systemFiles.contains(name.lowercased()) {
      if isFolder {
        if isUTF8 { folders.append(name) }
      } else if !Self.extensions.contains(name.fileExtension) {
        others.append(name)
      } else if !isUTF8 {
        undecodable.append(name)
      } else if Self.isLabelMap(name) {
        labelMaps.append(name)
      } else {
        pictures.append(name)
      }
    }
  }

  /// All files, sorted within their kinds.
  package var files: [String] { pictures + labelMaps + others }

  /// Makes sure that every picture can be named.
  ///
  /// - Throws: ``FormatError`` where the name of one is not UTF-8.
  package func requireDecodableNames() throws(FormatError) {
    guard let first = undecodable.first else { return }
    let count = undecodable.count
    throw FormatError(
      .cannotRead(
        reason:
          "\(count == 1 ? "the name of a picture is" : "the names of \(count) pictures are") not UTF-8: \(first); rename"
          + " with convmv or by hand"), path: path)
  }

  /// The pictures, at least one.
  ///
  /// - Throws: ``PictureFolderError``.
  package func requirePictures() throws(PictureFolderError) -> [String] {
    guard pictures.isEmpty else { return pictures }
    throw PictureFolderError(
      .noPictures(fileCounts: Self.counts(byExtensionOf: others + labelMaps), folders: folders), path: path)
  }

  /// The number of files of each extension, the most first; the extension is empty for files without one.
  package static func counts(byExtensionOf names: [String]) -> [PictureFolderError.FileCount] {
    Dictionary(names.map { ($0.fileExtension, 1) }, uniquingKeysWith: +)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { PictureFolderError.FileCount(fileExtension: $0.key, count: $0.value) }
  }

  private static func isLabelMap(_ name: String) -> Bool {
    name.stem.hasSuffix(".labels") || labelMarks.contains(where: name.stem.contains)
  }
}

extension String {
  /// A file's name without its extension.
  package var stem: String { lastIndex(of: ".").map { String(self[..<$0]) } ?? self }

  /// A file name's extension in lower case, without the dot.
  package var fileExtension: String {
    lastIndex(of: ".").map { self[index(after: $0)...].lowercased() } ?? ""
  }
}
