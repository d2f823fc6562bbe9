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
