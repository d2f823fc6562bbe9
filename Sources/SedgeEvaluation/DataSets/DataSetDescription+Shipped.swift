// The published data sets that are part of the program.

internal import CDataSets
package import SedgeTensor
import SedgeArchitecture
import SedgeTokenizer

extension DataSetDescription {
  /// The names of the published data sets, as `--data` takes them, in the order of the published tables.
  package static let shippedNames: [String] = shippedFiles.compactMap { path, _ in
    path.hasPrefix("sets/") ? String(path.dropFirst("sets/".count).dropLast(".json".count)) : nil
  }

  /// Takes the name of a published data set or the path of a `set.json`.
  ///
  /// The folders of a published set are relative to the current folder, where no root is given.
  ///
  /// - Throws: `FormatError` where there is no such set, or the file is none.
  package init(argument: String) throws(FormatError) {
    if let bytes = Self.shippedFile("sets/\(argument).json") {
      try self.init(bytes, name: argument, folder: ".") { path throws(FormatError) in
        guard let list = Self.shippedFile(String(path.drop { $0 == "." || $0 == "/" })) else {
          throw FormatError(.cannotRead(reason: "no such list"), path: path)
        }
        return try ClassList(json: list)
      }
    } else if argument.contains("/") || argument.contains(".") || FileSystem.kind(of: argument) != nil {
      try self.init(path: argument)
    } else {
      let nearest = Self.shippedNames.min { editDistance($0, argument) < editDistance($1, argument) }
      throw FormatError(
        .cannotRead(
          reason: "no such file, and no published data set: expected a path, or one of "
            + Self.shippedNames.joined(separator: ", ") + (nearest.map { "; did you mean \($0)?" } ?? "")),
        path: argument)
    }
  }

  private static func shippedFile(_ path: String) -> [UInt8]? {
    shippedFiles.first { $0.path == path }?.bytes
  }

  /// The embedded files.
  private static let shippedFiles: [(path: String, bytes: [UInt8])] = (0..<sedge_data_file_count()).map {
    let file = unsafe sedge_data_file($0)
    return unsafe (
      String(cString: file.path), Array(UnsafeBufferPointer(start: file.bytes, count: file.byteCount))
    )
  }
}
