// A .sedge file, ready to segment pictures.

import SedgeArchitecture
public import SedgeContainer
public import SedgeImages
public import SedgeRunner
public import SedgeTensor
public import SedgeTokenizer

/// A model in a `.sedge` file.
public final class SedgeModel {
  /// The file.
  public let file: SedgeFile
  /// The model, without its text encoder.
  public let model: Model
  private let tokenizer: Tokenizer?
  private let templates: PromptTemplates?

  /// Opens a file and loads the image encoder and the decoder.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is damaged or of a newer version, ``OptionError`` where it is
  ///   no `.sedge` file, `ContractError` where its tensors are not the architecture's.
  public init(path: String) throws {
    file = try openSedgeFile(path: path)
    let problems = file.architecture.problems(
      inModel: file.modelTensors, folds: file.header.folds, hasTextEncoder: file.header.hasTextEncoder)
    guard problems.isEmpty else {
      throw ContractError(path: path, model: file.architecture.name, problems: problems)
    }
    model = try Model(weights: file, preprocessing: file.header.preprocessing)
    let length = file.header.tokenizer?.contextLength ?? file.architecture.text.contextLength
    tokenizer = try file.tokenizerBytes().map { try Tokenizer(serialized: $0, contextLength: length) }
    templates = file.header.promptTemplates.isEmpty ? nil : try PromptTemplates(file.header.promptTemplates)
  }

  /// The text features of classes: read where the file has them, else encoded.
  ///
  /// - Parameter progress: Called with the number of prompts encoded, and of all.
  /// - Returns: classes x prompts x embedding, unit vectors.
  /// - Throws: ``OptionError`` where the file can do neither, `FormatError` where it is damaged.
  public func textFeatures(
    of classes: ClassList, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Tensor {
    let names = classes.classes.map(\.name)
    for list in file.header.classLists where names.allSatisfy(list.classNames.contains) {
      return select(names, from: list, features: try file.textFeatures(of: list))
    }
    guard file.header.hasTextEncoder else {
      let lists = file.header.classLists.map { "\($0.name) (\($0.classNames.count) classes)" }
      throw OptionError(
        "\(file.path): has no text encoder, only the class lists \(lists.joined(separator: ", ")); take classes of one of them"
      )
    }
    guard let tokenizer, let templates else {
      throw OptionError(
        "\(file.path): has no \(tokenizer == nil ? "tokenizer" : "prompt templates"), so class names mean nothing to it; convert again with \(tokenizer == nil ? "--vocabulary" : "--templates")"
      )
    }
    let encoder = try TextFeatureEncoder(file, tokenizer: tokenizer, templates: templates)
    return encoder.features(of: classes, progress: progress)
  }

  /// Rows of stored features in the order of the names.
  private func select(_ names: [String], from list: SedgeHeader.ClassList, features: Tensor) -> Tensor {
    let size = features.count / features.shape[0]
    let rows = names.compactMap { list.classNames.firstIndex(of: $0) }
    return Tensor(
      shape: [rows.count] + features.shape.dropFirst(),
      values: rows.flatMap { features.values[$0 * size..<($0 + 1) * size] })
  }

  /// Segments a picture.
  ///
  /// - Parameters:
  ///   - image: The picture, of any size.
  ///   - textFeatures: From ``textFeatures(of:progress:)``; worth keeping for further pictures.
  ///   - topK: Category early rejection; `nil` keeps all classes.
  ///   - taps: Records every intermediate result.
  public func segment(
    _ image: RGBImage, textFeatures: Tensor, topK: Int?, taps: Taps? = nil
  ) -> Segmentation {
    model.segment(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures, topK: topK,
      taps: taps)
  }

  /// Segments a picture into classes, with the file's own setting of early rejection.
  public func segment(_ image: RGBImage, classes: ClassList) throws -> Segmentation {
    segment(image, textFeatures: try textFeatures(of: classes), topK: file.header.preprocessing.topK)
  }
}

extension Segmentation {
  /// The labels as a picture.
  public var labelMap: LabelMap { LabelMap(width: width, height: height, labels: labels.map(Int.init)) }
}
