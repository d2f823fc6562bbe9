// The pictures in a folder.

import Sedge

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The names of the PNG and JPEG files in a folder, sorted.
///
/// - Throws: `FormatError` where there is no such folder or it cannot be read.
func pictureNames(inFolder path: String) throws -> [String] {
  let names: [String]
  do {
    names = try FileManager.default.contentsOfDirectory(atPath: path)
  } catch {
    throw FormatError(.cannotRead(reason: "expected a folder of pictures"), path: path)
  }
  return names.filter { name in
    [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
  }.sorted()
}

/// The pictures of a folder, with ground truth where there is a folder of it.
///
/// A picture `NAME.EXT` goes with `NAME.labels.png`, with `NAME.png` of another folder, or with the label map whose name
/// ends with the same number; of several of these with the one that begins with `lab`. Label maps that lie among the
/// pictures are none themselves.
///
/// - Throws: `FormatError` where a folder cannot be read, `OptionError` where there is no picture, or where a picture has
///   no label map or several.
func testPictures(inFolder folder: String, labelsFolder: String?) throws -> [TestPicture] {
  let all = try pictureNames(inFolder: folder)
  let names = all.filter { !isLabelMap($0, among: all) }
  guard !names.isEmpty else { throw OptionError("\(folder): holds no PNG or JPEG pictures") }
  guard let labelsFolder else { return names.map { TestPicture(path: "\(folder)/\($0)") } }
  var candidates = try pictureNames(inFolder: labelsFolder).filter { $0.lowercased().hasSuffix(".png") }
  if isSameFile(folder, labelsFolder) { candidates.removeAll { names.contains($0) } }
  return try names.map { name in
    TestPicture(
      path: "\(folder)/\(name)",
      truthPath: "\(labelsFolder)/\(try labelMap(for: name, among: candidates, inFolder: labelsFolder))")
  }
}

/// Whether a file is the label map of another in its folder.
private func isLabelMap(_ name: String, among names: [String]) -> Bool {
  let stem = endingLess(name)
  if stem.hasSuffix(".labels") {
    return names.contains { endingLess($0) == stem.dropLast(".labels".count) }
  }
  guard stem.hasPrefix("lab"), let number = trailingNumber(stem) else { return false }
  return names.contains { !$0.hasPrefix("lab") && trailingNumber(endingLess($0)) == number }
}

private func labelMap(for name: String, among candidates: [String], inFolder folder: String) throws -> String
{
  let stem = endingLess(name)
  for candidate in ["\(stem).labels.png", "\(stem).png"] where candidates.contains(candidate) {
    return candidate
  }
  var found: [String] = []
  if let number = trailingNumber(stem) {
    found = candidates.filter { trailingNumber(endingLess($0)) == number }
    let labels = found.filter { $0.hasPrefix("lab") }
    if !labels.isEmpty { found = labels }
  }
  guard let first = found.first else { throw OptionError("\(folder): holds no label map for \(name)") }
  guard found.count == 1 else {
    throw OptionError("\(folder): \(found[0]) and \(found[1]) both have the number of \(name)")
  }
  return first
}

/// A name without its ending.
private func endingLess(_ name: String) -> String {
  name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
}

/// The number that a stem ends with, without leading zeros.
private func trailingNumber(_ stem: String) -> String? {
  let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
  guard !digits.isEmpty else { return nil }
  let significant = digits.drop { $0 == "0" }
  return significant.isEmpty ? "0" : String(significant)
}
