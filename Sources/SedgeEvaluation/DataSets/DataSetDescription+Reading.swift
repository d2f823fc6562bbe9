// Reading set.json.

package import SedgeTensor
import SedgeTokenizer

extension DataSetDescription {
  /// The most bytes of a description.
  private static let largestByteCount = 1 << 24

  /// Reads a `set.json`; its folders are relative to that of the file, where no root is given.
  ///
  /// - Throws: ``FormatError`` where the file or its class list cannot be read, or for the first member that is unknown,
  ///   missing, of another type or of a value that it cannot have.
  package init(path: String) throws(FormatError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(.malformed("has \(file.byteCount) bytes, expected a data set"), path: path)
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      try DataSetDescription(
        bytes, name: name.hasSuffix(".json") ? String(name.dropLast(".json".count)) : String(name),
        folder: folder
      ) { list throws(FormatError) in
        let list = list.hasPrefix("/") || folder == "." ? list : folder + list
        return try ClassList(file: list)
      }
    }
  }

  /// Reads the text of a description.
  ///
  /// - Parameters:
  ///   - name: The name, unless the text has one.
  ///   - readClasses: Reads a class list at a path relative to the description.
  init(
    _ bytes: [UInt8], name: String, folder: String,
    readClasses: (String) throws(FormatError) -> ClassList
  ) throws(FormatError) {
    let members = try DataSetMembers(bytes)
    let classes: ClassList =
      switch members.classes {
      case .path(let path): try readClasses(path)
      case .list(let list): list
      }
    try FormatError.keyed("classes") { () throws(FormatError) in try classes.checkDistinctNames() }
    self.init(
      name: members.name ?? name, images: members.images, labels: members.labels, classes: classes,
      folder: folder)
    (imageEndings, labelEndings) = (members.imageEndings, members.labelEndings)
    (ignoredValues, labelOffset) = (members.ignoredValues, members.labelOffset)
    resizing = members.resizing ?? Self.resizings[0]
    try setPredictionMap(members.predictionEntries)
    for item in members.labelReplacements {
      if let label = item.label, label >= countedClassNames.count {
        throw FormatError(
          .malformed(
            "\"label_map\": \(item.value): expected a class from 0 to \(countedClassNames.count - 1) or null, found \(label)"
          ))
      }
    }
    labelReplacements = members.labelReplacements
    for (name, groupMembers) in members.groups {
      do throws(UsageError) {
        try add(ClassGroup(name: name, members: groupMembers, classNames: countedClassNames))
      } catch {
        throw FormatError(.malformed("\"groups\": \(error.description)"))
      }
    }
  }
}
