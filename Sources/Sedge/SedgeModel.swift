// A .sedge file, ready to segment or classify pictures.

import SedgeArchitecture
public import SedgeContainer
public import SedgeImages
import SedgeOperators
public import SedgeRunner
public import SedgeTensor
public import SedgeTokenizer
import SedgeVerification

/// A model in a `.sedge` file.
public final class SedgeModel {
  /// The file.
  public let file: SedgeFile
  /// SED without its text encoder; `nil` for CLIP alone.
  public let segmenter: SegmentationModel?
  /// CLIP without its text encoder; `nil` for SED.
  public let classifier: ClassificationModel?
  /// Either of the two.
  var model: any RecordableModel {
    if let segmenter { return segmenter }
    guard let classifier else { preconditionFailure("a file holds SED or CLIP") }
    return classifier
  }
  /// The file that keeps the text features of classes that were encoded, for the next time; `nil` for none.
  public let textCachePath: String?
  /// How pictures and text are computed.
  public let compute: Compute
  /// Why the last features that were encoded could not be kept; `nil` where they were.
  public private(set) var textCacheError: FormatError?
  private let tokenizer: Tokenizer?
  private let templates: PromptTemplates?

  /// Opens a file and loads the image encoder and the decoder.
  ///
  /// - Parameters:
  ///   - compute: How the forward pass and the text encoder compute.
  ///   - textCachePath: A file to keep text features in, such as ``textCachePath(besideModel:)``. What is not fit for
  ///     use there is as if it were missing, and what cannot be kept there is told by ``textCacheError``.
  /// - Throws: `FormatError` where the file cannot be read, is damaged or of a newer version, ``UsageError`` where it is
  ///   no `.sedge` file, `ContractError` where its tensors are not the architecture's, `KernelSetError` where
  ///   `SEDGE_KERNELS` cannot be followed.
  public init(path: String, compute: Compute = Compute(), textCachePath: String? = nil) throws {
    file = try openSedgeFile(path: path)
    self.textCachePath = textCachePath
    self.compute = compute
    let problems = file.architecture.problems(
      inModel: file.modelTensors, folds: file.header.folds, hasTextEncoder: file.header.hasTextEncoder)
    guard problems.isEmpty else {
      throw ContractError(path: path, model: file.architecture.name, problems: problems)
    }
    let isSED = file.architecture.decoder != nil
    let preprocessing = file.header.preprocessing
    let weights = try PreloadedWeights(file) { ModelPart(ofTensor: $0) != .text }
    segmenter =
      isSED ? try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute) : nil
    classifier =
      isSED ? nil : try ClassificationModel(weights: weights, preprocessing: preprocessing, compute: compute)
    let length = file.header.tokenizer?.contextLength ?? file.architecture.text.contextLength
    tokenizer = try file.tokenizerBytes().map { try Tokenizer(serialized: $0, contextLength: length) }
    templates = file.header.promptTemplates.isEmpty ? nil : try PromptTemplates(file.header.promptTemplates)
  }

  /// Where the command line keeps the text features of a model's classes: `MODEL.sedge.text.safetensors`.
  public static func textCachePath(besideModel path: String) -> String { path + ".text.safetensors" }

  /// The text features of classes: read where the file or the cache has them, else encoded.
  ///
  /// - Parameter progress: Called with the number of distinct prompts encoded, and of all that must be; not at all
  ///   where all features are known.
  /// - Returns: Classes x prompts x embedding for SED, classes x 1 x embedding for CLIP alone; unit vectors.
  /// - Throws: ``UsageError`` where the file can do neither, `FormatError` where it is damaged, or two classes to segment into
  ///   have one name.
  public func textFeatures(
    of classes: ClassList, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    if segmenter != nil { try classes.checkDistinctNames() }
    let names = classes.classes.map(\.name)
    for list in file.header.classLists where names.allSatisfy(list.classNames.contains) {
      return select(names, from: list, features: try file.textFeatures(of: list))
    }
    guard file.header.hasTextEncoder else {
      guard !file.header.classLists.isEmpty else {
        throw UsageError(.noTextFeatures, path: file.path)
      }
      let lists = file.header.classLists.map { "\($0.name) (\($0.classNames.count) classes)" }
      throw UsageError(.classesNotStored(lists: lists), path: file.path)
    }
    guard let tokenizer, let templates else {
      throw UsageError(.missingTextInput(tokenizer == nil ? .vocabulary : .templates), path: file.path)
    }
    return try cachedFeatures(of: classes.classes) { classes in
      let encoder = try TextFeatureEncoder(
        PreloadedWeights(file, where: { ModelPart(ofTensor: $0) == .text }), tokenizer: tokenizer,
        templates: templates,
        compute: compute)
      return encoder.features(of: classes, progress: progress)
    }
  }

  /// The names of classes whose prompts are longer than the model's context; their ends are cut off, as CLIP does.
  public func namesBeyondContext(in classes: ClassList) -> [String] {
    guard let tokenizer, let templates else { return [] }
    return TextFeatureEncoder.namesBeyondContext(classes.classes, tokenizer, templates)
  }

  /// Features from the cache, where there is one, and for other classes by `encode`, which are then kept.
  private func cachedFeatures(
    of classes: [ClassName], encode: (_ classes: [ClassName]) throws -> Tensor
  ) throws -> Tensor {
    guard let textCachePath else { return try encode(classes) }
    let cache = try TextFeatureCache(
      path: textCachePath, model: file, operatorsName: compute.operators().name)
    var rows: [String: Int] = [:]
    var distinct: [ClassName] = []
    for item in classes where rows.updateValue(rows[item.name] ?? distinct.count, forKey: item.name) == nil {
      distinct.append(item)
    }
    var features = cache.features(of: distinct)
    let unknown = features.indices.filter { features[$0] == nil }
    if !unknown.isEmpty {
      let encoded = try encode(unknown.map { distinct[$0] })
      for (row, index) in unknown.enumerated() { features[index] = encoded[row] }
    }
    let known = features.compactMap(\.self)
    if !unknown.isEmpty {
      do throws(FormatError) {
        try cache.keep(Array(zip(distinct, known)))
        textCacheError = nil
      } catch {
        textCacheError = error
      }
    }
    return Tensor(
      shape: [classes.count] + known[0].shape, values: classes.flatMap { known[rows[$0.name] ?? 0].values })
  }

  /// Rows of stored features in the order of the names.
  private func select(_ names: [String], from list: SedgeHeader.ClassList, features: Tensor) -> Tensor {
    let size = features.count / features.shape[0]
    let rows = names.compactMap { list.classNames.firstIndex(of: $0) }
    return Tensor(
      shape: [rows.count] + features.shape.dropFirst(),
      values: rows.flatMap { features.values[$0 * size..<($0 + 1) * size] })
  }

  /// SED, to segment with.
  ///
  /// - Throws: ``UsageError`` for CLIP alone.
  public func requireSegmenter() throws -> SegmentationModel {
    if let segmenter { return segmenter }
    throw UsageError(.cannotSegment, path: file.path)
  }

  /// CLIP, to classify with.
  ///
  /// - Throws: ``UsageError`` for SED.
  public func requireClassifier() throws -> ClassificationModel {
    if let classifier { return classifier }
    throw UsageError(.cannotClassify, path: file.path)
  }

  /// Segments a picture.
  ///
  /// - Parameters:
  ///   - image: The picture, of any size.
  ///   - textFeatures: From ``textFeatures(of:progress:)``; worth keeping for further pictures.
  ///   - topK: Category early rejection; `nil` keeps all classes.
  ///   - taps: Records every intermediate result.
  /// - Throws: ``UsageError`` for CLIP alone, where early rejection is asked of a model without heads for it, or where
  ///   scores are not numbers.
  public func segment(
    _ image: RGBImage, textFeatures: Tensor, topK: Int?, taps: Taps? = nil
  ) throws -> Segmentation {
    let model = try requireSegmenter()
    if topK != nil, model.architecture.decoder?.hasRejectionHeads != true {
      throw UsageError(.noRejectionHeads, path: file.path)
    }
    let segmentation = model.segment(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures, topK: topK,
      taps: taps)
    guard segmentation.scoresAreNumbers else { throw overflow("scores") }
    return segmentation
  }

  /// What is said where a result is infinite or not a number.
  private func overflow(_ result: String) -> UsageError {
    UsageError(.notFinite(result: "\(result) of this image"), path: file.path)
  }

  /// Segments a picture into classes, with the file's own setting of early rejection.
  public func segment(_ image: RGBImage, classes: ClassList) throws -> Segmentation {
    try segment(image, textFeatures: try textFeatures(of: classes), topK: file.header.preprocessing.topK)
  }

  /// Tells how probable each class is for a picture as a whole.
  ///
  /// - Parameters:
  ///   - image: The picture, of any size; what lies outside of its middle square is not seen.
  ///   - textFeatures: From ``textFeatures(of:progress:)``.
  ///   - taps: Records every intermediate result.
  /// - Throws: ``UsageError`` for SED, or where probabilities are not numbers.
  public func classify(_ image: RGBImage, textFeatures: Tensor, taps: Taps? = nil) throws -> Classification {
    let classification = try requireClassifier().classify(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures, taps: taps)
    guard classification.probabilities.allSatisfy(\.isFinite) else { throw overflow("probabilities") }
    return classification
  }

  /// Tells how probable each of some classes is for a picture as a whole.
  public func classify(_ image: RGBImage, classes: ClassList) throws -> Classification {
    try classify(image, textFeatures: try textFeatures(of: classes))
  }
}

extension Tensor {
  /// The part at an index of the first dimension, under the shape of the others.
  fileprivate subscript(index: Int) -> Tensor {
    let size = count / shape[0]
    return Tensor(
      shape: Array(shape.dropFirst()), values: Array(values[index * size..<(index + 1) * size]))
  }
}

extension Segmentation {
  /// The labels as a picture.
  public var labelMap: LabelMap { LabelMap(width: width, height: height, labels: labels.map(Int.init)) }
}
