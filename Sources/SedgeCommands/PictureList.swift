// The pictures that a command line names: files, folders, lists.

import SedgeImages
import SedgePlatform
import SedgeTensor

/// Paths of pictures, in the order in which they are named.
struct PictureList {
  /// The paths.
  private(set) var paths: [String] = []
  /// Whether the command line names one file and nothing else.
  let isOne: Bool

  /// Lists pictures; opens none.
  ///
  /// - Parameters:
  ///   - arguments: Files; folders, whose pictures are taken; `-` for a list on standard input.
  ///   - list: A file with a path a line, or `-` for standard input.
  ///   - note: Takes what else is to be reported: files that are skipped.
  /// - Throws: `FormatError` where a list cannot be read, `PictureFolderError` for a folder without pictures,
  ///   `OptionError` where there is no picture.
  init(_ arguments: [String], list: String?, note: (String) -> Void) throws {
    isOne =
      arguments.count == 1 && list == nil && arguments[0] != "-"
      && FileSystem.kind(of: arguments[0]) != .folder
    guard !isOne else {
      paths = arguments
      return
    }
    for argument in arguments {
      if argument == "-" {
        paths += try Self.paths(inList: argument)
      } else if FileSystem.kind(of: argument) == .folder {
        let folder = try PictureFolder(path: argument)
        let names = try folder.requirePictures()
        folder.skippedFilesNote().map(note)
        paths += names.map { argument.hasSuffix("/") ? argument + $0 : "\(argument)/\($0)" }
      } else {
        paths.append(argument)
      }
    }
    if let list { paths += try Self.paths(inList: list) }
    guard !paths.isEmpty else {
      throw OptionError(
        "\(list.flatMap { $0 == "-" ? nil : $0 } ?? "standard input"): the list names no picture")
    }
  }

  /// The lines of a list; between zeros, if there are any, as `find -print0` writes them.
  private static func paths(inList path: String) throws(FormatError) -> [String] {
    let bytes = try path == "-" ? standardInput() : file(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.malformed("the list is not UTF-8"), path: path)
    }
    if text.contains("\0") { return text.split(separator: "\0").map(String.init) }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }

  private static func file(_ path: String) throws(FormatError) -> [UInt8] {
    let file = try InputFile(path: path)
    return try file.bytes(at: 0, count: file.byteCount)
  }

  private static func standardInput() throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
      guard count != 0 else { return bytes }
      if count > 0 {
        bytes += chunk[..<count]
      } else if errno != EINTR {
        throw FormatError(.cannotRead(reason: systemErrorText()), path: "standard input")
      }
    }
  }
}
