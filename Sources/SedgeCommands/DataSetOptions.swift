// Options of commands that run on labelled pictures.

import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgeEvaluation
import SedgeTensor

/// The pictures, their labels and the classes of an evaluation.
struct DataSetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The data set: one of \(DataSetDescription.shippedNames.joined(separator: ", ")), or a file that describes another.",
      valueName: "name|set.json"), completion: .file())
  var data: String?

  @Option(
    help: ArgumentHelp(
      "With --data: the folder that the folders of the data set are in. (default: that of set.json)",
      valueName: "folder"), completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp("A folder of pictures: PNG, JPEG, WebP, TIFF, BMP.", valueName: "folder"),
    completion: .directory)
  var images: String?

  @Option(
    help: ArgumentHelp(
      "A folder of label maps: a PNG or TIFF of one channel for each picture, of the same stem, whose values index the classes.",
      valueName: "folder"), completion: .directory)
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "The classes: \"a; b, synonym; c\", or a file with a JSON array of names or one name per line.",
      valueName: "classes"), completion: .file())
  var classes: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A value of label maps that is no class; may be repeated. (default: the data set's; 255 and 65535 beyond the classes)",
      valueName: "value"))
  var ignoreLabel: [Int] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A number to add to values of label maps, such as -1 where 1 is the first class and 0 is none.",
      valueName: "number"))
  var labelOffset: Int?

  @Option(
    help: ArgumentHelp(
      "A group of classes to report apart; may be repeated. The list is as for --classes.",
      valueName: "name=list"))
  var group: [String] = []

  @Option(
    help: ArgumentHelp(
      "The preprocessing: sed or cat-seg, the published one of the model; square, a direct resize; or windows, CAT-Seg's without the first step. (default: the data set's, or the published one)",
      valueName: "sed|cat-seg|square|windows"))
  var preprocess: ImageResizing?

  private static let largestOffset = 1 << 31

  /// Makes sure that there is a data set, given in one way.
  func requireDataSet() throws {
    if let labelOffset, labelOffset.magnitude > UInt(Self.largestOffset) {
      throw ValidationError("--label-offset \(labelOffset): expected a number within ±\(Self.largestOffset)")
    }
    if data != nil {
      guard classes == nil else { throw ValidationError("--classes is for pictures without --data") }
    } else {
      guard root == nil else { throw ValidationError("--root is for --data") }
      guard images != nil, labels != nil, classes != nil else {
        throw ValidationError("expected --data, or --images, --labels and --classes")
      }
    }
  }

  /// Whether any option is given.
  var isGiven: Bool { data != nil || images != nil || labels != nil || classes != nil }

  /// The files that are read besides pictures and label maps.
  var inputs: [String] {
    let groups = group.map { text in text.firstIndex(of: "=").map { String(text[text.index(after: $0)...]) } }
    return [data].compactMap(\.self) + ([classes] + groups).compactMap { ClassList.file(option: $0) }
  }

  /// Finds the pictures and their label maps.
  ///
  /// - Parameters:
  ///   - models: The kinds of the models; those of one kind name its published preprocessing.
  ///   - note: Takes what is to be told of them.
  func evaluationData(for models: [ModelKind] = [], note: (String) -> Void) throws -> EvaluationData {
    var description = try description()
    if !ignoreLabel.isEmpty { description.ignoredValues = ignoreLabel }
    if let labelOffset { description.labelOffset = labelOffset }
    if let preprocess { description.resizing = preprocess.rawValue }
    if let kind = models.first, models.allSatisfy({ $0 == kind }),
      let resizing = ImageResizing(rawValue: description.resizing)
    {
      description.resizing = resizing.applied(to: kind).rawValue
    }
    for text in group {
      guard let group = try ClassGroup(argument: text, classNames: description.countedClassNames) else {
        throw OptionError("--group \(text): expected NAME=LIST")
      }
      try description.add(group)
    }
    try checkFolders(description)
    let data = try EvaluationData(description, root: root)
    if let text = Self.unpairedText(data.unpairedImages, "picture", "label map") { note(text) }
    if let text = Self.unpairedText(data.unpairedLabels, "label map", "picture") { note(text) }
    for text in try data.check() { note(text) }
    return data
  }

  /// Makes sure that the folders of `--data` are there.
  private func checkFolders(_ description: DataSetDescription) throws {
    guard let data else { return }
    for place in [description.images, description.labels] {
      let path = description.path(place, root: root)
      guard FileSystem.kind(of: path) != .folder else { continue }
      let below = root.map { "--root \($0)" } ?? "--root, which is not given"
      throw OptionError(
        "--data \(data): expected the folder \(path), below \(below); --images and --labels name other folders"
          .escapingControlCharacters)
    }
  }

  private func description() throws -> DataSetDescription {
    if let data {
      var description = try DataSetDescription(argument: data)
      if let images { description.images = FileSystem.realPath(images) ?? images }
      if let labels { description.labels = FileSystem.realPath(labels) ?? labels }
      return description
    }
    guard let images, let labels, let classes else {
      throw ValidationError("expected --data, or --images, --labels and --classes")
    }
    let name = images.split(separator: "/").last.map(String.init) ?? images
    return DataSetDescription(
      name: name, images: images, labels: labels,
      classes: try ClassList(option: classes, areDistinct: true))
  }

  private static func unpairedText(_ names: [String], _ noun: String, _ partner: String) -> String? {
    guard let first = names.first else { return nil }
    return names.count == 1
      ? "\(first) has no \(partner)"
      : "\(countText(names.count)) \(noun)s have no \(partner), such as \(first)"
  }
}

extension EvaluationData {
  /// The pictures and label maps.
  var inputs: some Sequence<String> { items.lazy.flatMap { [$0.imagePath, $0.labelPath] } }
}
