// The files that segment writes, checked before any work.

import Sedge
import SedgeImages
import SedgeTensor
import SedgeTokenizer

/// The paths of all files that a run of `segment` writes.
struct SegmentOutputs {
  /// The patterns, by option.
  struct Patterns {
    var overlay: OutputPattern?
    var labels: OutputPattern?
    var dump: OutputPattern?
    var heat: OutputPattern?

    /// Those that are given, in the order of checks.
    var given: [(option: String, pattern: OutputPattern)] {
      [("--output", overlay), ("--labels", labels), ("--dump", dump), ("--heat-output", heat)].compactMap {
        option, pattern in pattern.map { (option, $0) }
      }
    }
  }

  /// The files of one picture.
  struct Paths {
    var overlay: String?
    var labels: String?
    var dump: String?
    /// In the order of the classes that heat maps are of.
    var heat: [String] = []

    /// Those that are to be written, by option.
    var all: [(option: String, path: String)] {
      [("--output", overlay), ("--labels", labels), ("--dump", dump)].compactMap { option, path in
        path.map { (option, $0) }
      } + heat.map { ("--heat-output", $0) }
    }
  }

  /// The files of each picture.
  let paths: [Paths]
  private let pictures: PictureList
  private let patterns: Patterns

  /// Names the files.
  ///
  /// - Parameter heatClasses: The classes that heat maps are of, by name and index.
  /// - Throws: `OptionError` where several pictures would have one file, by whatever names.
  init(
    _ patterns: Patterns, pictures: PictureList, heatClasses: [(name: String, index: Int)]
  ) throws {
    (self.pictures, self.patterns) = (pictures, patterns)
    let count = pictures.paths.count
    if !pictures.isOne, let (option, pattern) = patterns.given.first(where: { !$0.pattern.namesPictures }) {
      throw OptionError(
        "\(option) \(pattern.text): expected {stem}, {name} or {index} in it, which tell the pictures apart")
    }
    paths = pictures.paths.enumerated().map { index, path in
      var values = OutputPattern.Values(path: path, index: index, of: count)
      var paths = Paths(
        overlay: patterns.overlay?.path(values), labels: patterns.labels?.path(values),
        dump: patterns.dump?.path(values))
      for item in heatClasses {
        values.label = item
        patterns.heat.map { paths.heat.append($0.path(values)) }
      }
      return paths
    }
  }

  /// Makes sure that every file can be written, that no two are one and none is an input; makes the folders of patterns.
  ///
  /// - Throws: `OptionError` or `FormatError` for the first that cannot be written.
  func check(inputs: [String]) throws {
    for item in paths.flatMap(\.all) {
      try (item.option == "--dump" ? OutputFormat.safetensors : .png).check(item.option, item.path)
    }
    try makeFolders()
    try checkDistinct()
    let inputs = (inputs + pictures.paths).compactMap { path in
      FileSystem.identity(of: path).map { ($0, path) }
    }
    let known = Dictionary(inputs) { first, _ in first }
    var folders: Set<Substring> = []
    for (option, path) in paths.flatMap(\.all) {
      let identity = FileSystem.identity(of: path)
      if let input = identity.flatMap({ known[$0] }) {
        throw OptionError("\(option) \(path): is the input \(input) itself, expected another path")
      }
      // A folder that took one file takes all, unless something else is in the place of one.
      if folders.insert(folder(of: path)).inserted || identity != nil { _ = try OutputFile(path: path) }
    }
  }

  /// Makes the folders of files that placeholders name.
  private func makeFolders() throws(FormatError) {
    let named = Set(patterns.given.filter(\.pattern.namesPictures).map(\.option))
    let folders = Set(paths.flatMap(\.all).filter { named.contains($0.option) }.map { folder(of: $0.path) })
    for folder in folders.sorted() { try FileSystem.makeFolders(String(folder)) }
  }

  private func checkDistinct() throws(OptionError) {
    var realFolders: [Substring: String] = [:]
    var owners: [String: Int] = [:]
    for (picture, item) in paths.enumerated().flatMap({ index, paths in paths.all.map { (index, $0) } }) {
      let folder = folder(of: item.path)
      let named = folder.isEmpty ? (item.path.hasPrefix("/") ? "/" : ".") : String(folder)
      let real = realFolders[folder] ?? FileSystem.realPath(named) ?? named
      realFolders[folder] = real
      let name = item.path[item.path.index(item.path.startIndex, offsetBy: folder.count)...]
      // Only what exists can be a link.
      let place = FileSystem.realPath(item.path) ?? "\(real)/\(name)".replacing("//", with: "/")
      guard let owner = owners.updateValue(picture, forKey: place) else { continue }
      throw owner == picture ? Self.conflict(item, within: paths[picture]) : conflict(item, owner, picture)
    }
  }

  /// The fault of one file for two pictures.
  private func conflict(_ item: (option: String, path: String), _ first: Int, _ second: Int) -> OptionError {
    OptionError(
      "\(item.option) \(item.path): is the file of both \(pictures.paths[first]) and \(pictures.paths[second]); tell them apart with {index}"
    )
  }

  /// The fault of one file for two results of a picture.
  private static func conflict(_ item: (option: String, path: String), within paths: Paths) -> OptionError {
    if paths.heat.count > 1, item.option == "--heat-output" {
      return OptionError(
        "\(item.option) \(item.path): is the file of several classes; tell them apart with {class} or {label}"
      )
    }
    let options = paths.all.map(\.option).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    return OptionError("\(options.joined(separator: ", ")): expected a path of its own for each")
  }

  private func folder(of path: String) -> Substring {
    path.lastIndex(of: "/").map { path[..<$0] } ?? ""
  }
}
