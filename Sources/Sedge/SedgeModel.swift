// A .sedge file, loaded.

public import SedgeArchitecture
import SedgeCheckpoint
package import SedgeContainer
package import SedgeImages
import SedgeOperators
package import SedgeRunner
public import SedgeTensor
import SedgeText
public import SedgeTokenizer
package import SedgeVerification

/// A model in a `.sedge` file, loaded and ready to run.
///
///     let model = try SedgeModel(path: "sed.sedge")
///     print(model.name, model.kind, model.resolution)
///     let features = try model.textFeatures(of: ClassList(literal: "sky; grass; red circle"))
///     let segmentation = try Segmenter(model).segment(image, textFeatures: features)
///     print(segmentation.shares(of: 3))
///
/// Several tasks and threads may use one model: forward passes run one after another, each on all processors.
public final class SedgeModel: Sendable {
  /// The networks that a file can hold.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// SED, which segments.
    case sed = "SED"
    /// CAT-Seg, which segments.
    case catSeg = "CAT-Seg"
    /// CLIP alone, which classifies, and segments by the embedding of each pixel.
    case clip = "CLIP"
  }

  /// The forward pass of either kind.
  package enum Network {
    case segmentation(SegmentationModel)
    case classification(ClassificationModel)

    /// Either of the two.
    package var recordable: any RecordableModel {
      switch self {
      case .segmentation(let model): model
      case .classification(let model): model
      }
    }
  }

  package let file: SedgeFile
  /// The file of text features that were encoded before, for the next time; `nil` for none.
  public let textCachePath: String?
  /// The arithmetic and the threads of forward passes and the text encoder.
  public let compute: Compute
  /// How images become the square of the model's resolution; means nothing to CLIP alone.
  public let resizing: ImageResizing
  private let preprocessing: Preprocessing
  private let network: SerialAccess<Network>
  /// CLIP alone at every pixel, loaded with the first picture that it segments.
  private let pixelNetwork = SerialAccess(LoadedLater())
  private let textEncoding = SerialAccess<Void>(())
  private let tokenizer: Tokenizer?
  private let templates: PromptTemplates?

  /// Opens a file and loads the image encoder and the decoder.
  ///
  /// - Parameters:
  ///   - path: The `.sedge` file.
  ///   - compute: The arithmetic and the threads of forward passes and the text encoder.
  ///   - textCachePath: A file that keeps text features, such as ``textCachePath(besideModel:)``. An unusable file counts
  ///     as missing; ``TextFeatures/cacheError`` reports that features could not be kept.
  ///   - resizing: How images become the square; `nil` for the file's default.
  /// - Throws: `FormatError` where the file cannot be read, is damaged or of a newer version, `UsageError` where it is
  ///   no `.sedge` file, or CLIP alone with a resizing, `ContractError` where its tensors are not the architecture's, `KernelSetError` where
  ///   `SEDGE_KERNELS` names a kernel set that the processor lacks.
  public init(
    path: String, compute: Compute = Compute(), textCachePath: String? = nil, resizing: ImageResizing? = nil
  ) throws {
    try MemoryDemand.ask(MemoryDemand.base, for: "the header of \(path)")
    file = try openSedgeFile(path: path)
    self.textCachePath = textCachePath
    self.compute = compute
    let problems = file.architecture.problems(
      inModel: file.modelTensors, folds: file.header.folds, hasTextEncoder: file.header.hasTextEncoder)
    guard problems.isEmpty else {
      throw ContractError(path: path, model: file.architecture.name, problems: problems)
    }
    try MemoryDemand.ask(MemoryDemand.ofWeights(file.modelTensors), for: "the model \(path)")
    let preprocessing = try file.preprocessing(resizing: resizing)
    self.resizing = preprocessing.resizing
    let weights = try PreloadedWeights(file) { ModelPart(ofTensor: $0) != .text }
    self.preprocessing = preprocessing
    network = SerialAccess(
      file.architecture.segmenter != nil
        ? .segmentation(
          try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute))
        : .classification(
          try ClassificationModel(weights: weights, preprocessing: preprocessing, compute: compute)))
    let length = file.header.tokenizer?.contextLength ?? file.architecture.text.contextLength
    tokenizer = try file.tokenizerBytes().map { try Tokenizer(serialized: $0, contextLength: length) }
    templates = file.header.promptTemplates.isEmpty ? nil : try PromptTemplates(file.header.promptTemplates)
  }

  /// The default path of the text features of a model: `MODEL.sedge.text.safetensors`.
  public static func textCachePath(besideModel path: String) -> String { path + ".text.safetensors" }

  // MARK: Facts

  /// The path of the file.
  public var path: String { file.path }
  /// The name of the architecture, such as `SED-B`.
  public var name: String { file.architecture.name }
  /// The network.
  public var kind: Kind {
    switch file.architecture.kind {
    case .clip: .clip
    case .sed: .sed
    case .catSeg: .catSeg
    }
  }
  /// The side of the square that images are resized to, in pixels.
  public var resolution: Int { file.header.preprocessing.resolution }
  /// The number of classes that early rejection keeps at each pixel by default; `nil` keeps all.
  public var defaultTopK: Int? { file.header.preprocessing.topK }
  /// Whether the model has a text encoder, so that it takes any class names.
  public var hasTextEncoder: Bool { file.header.hasTextEncoder }
  /// The names of the class lists that the file has text features of.
  public var classListNames: [String] { file.header.classLists.map(\.name) }

  /// The classes of a list that the file has text features of; `nil` where it has no list of this name.
  public func classList(named name: String) throws -> ClassList? {
    try file.header.classLists.first { $0.name == name }.map { try ClassList(names: $0.classNames) }
  }

  // MARK: Text

  /// The text features of classes: read where the file or the cache has them, else encoded.
  ///
  /// - Parameters:
  ///   - classes: The classes; for SED no two of one name.
  ///   - progress: Called with `WorkProgress.encodingText(_:)` while prompts are encoded; throws to stop.
  /// - Throws: `UsageError` where the file has neither a text encoder nor these classes, `FormatError` where it is
  ///   damaged, or where two classes to segment have one name; `CancellationError` after the cancellation of the task.
  public func textFeatures(
    of classes: ClassList, progress: @escaping ProgressHandler = { _ in }
  ) throws -> TextFeatures {
    let progress = stopping(progress)
    let (tensor, cacheError) = try encodedFeatures(of: classes) { done, total in
      try progress(.encodingText(Double(done) / Double(total)))
    }
    return TextFeatures(classes: classes, tensor: tensor, cacheError: cacheError)
  }

  /// The text features of classes, encoded without blocking the calling task; see `textFeatures(of:progress:)`.
  public nonisolated(nonsending) func textFeatures(
    of classes: ClassList, progress: @escaping @Sendable (WorkProgress) throws -> Void = { _ in }
  ) async throws -> TextFeatures {
    try await withoutBlocking(self, progress) { try $0.textFeatures(of: classes, progress: $1) }
  }

  /// The text features of classes as a tensor: classes x prompts x embedding, classes x 1 x embedding for CLIP
  /// alone; unit vectors. With them the reason why they could not be kept in the cache.
  ///
  /// - Parameter progress: Called with the number of distinct prompts encoded, and of all that must be; not at all
  ///   where all features are known.
  package func encodedFeatures(
    of classes: ClassList, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> (features: Tensor, cacheError: FormatError?) {
    if kind != .clip { try classes.checkDistinctNames() }
    if let list = storedList(with: classes) {
      let names = classes.classes.map(\.name)
      return (select(names, from: list, features: try file.textFeatures(of: list)), nil)
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
    return try textEncoding.withValue { _ in
      try cachedFeatures(of: classes.classes) { classes in
        try MemoryDemand.ask(
          MemoryDemand.ofText(file.modelTensors, file.architecture, classCount: classes.count),
          for: "encoding \(classes.count) classes")
        let encoder = try TextFeatureEncoder(
          PreloadedWeights(file, where: { ModelPart(ofTensor: $0) == .text }), tokenizer: tokenizer,
          templates: templates,
          compute: compute)
        return try encoder.features(of: classes, progress: progress)
      }
    }
  }

  /// Whether the file has the text features of classes stored.
  package func storesFeatures(of classes: ClassList) -> Bool { storedList(with: classes) != nil }

  /// The first stored list that has all classes.
  private func storedList(with classes: ClassList) -> SedgeHeader.ClassList? {
    let names = classes.classes.map(\.name)
    return file.header.classLists.first { names.allSatisfy($0.classNames.contains) }
  }

  /// The names of classes whose prompts are longer than the model's context; their ends are cut off, as CLIP does.
  public func namesBeyondContext(in classes: ClassList) -> [String] {
    guard let tokenizer, let templates else { return [] }
    return TextFeatureEncoder.namesBeyondContext(classes.classes, tokenizer, templates)
  }

  /// Features from the cache, where there is one, and for other classes by `encode`, which are then kept.
  private func cachedFeatures(
    of classes: [ClassName], encode: (_ classes: [ClassName]) throws -> Tensor
  ) throws -> (features: Tensor, cacheError: FormatError?) {
    guard let textCachePath else { return (try encode(classes), nil) }
    let cache = try TextFeatureCache(path: textCachePath, model: file, arithmetic: compute.textArithmetic())
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
    var cacheError: FormatError?
    if !unknown.isEmpty {
      do throws(FormatError) {
        try cache.keep(Array(zip(distinct, known)))
      } catch {
        cacheError = error
      }
    }
    let all = Tensor(
      shape: [classes.count] + known[0].shape, values: classes.flatMap { known[rows[$0.name] ?? 0].values })
    return (all, cacheError)
  }

  /// Rows of stored features in the order of the names.
  private func select(_ names: [String], from list: SedgeHeader.ClassList, features: Tensor) -> Tensor {
    let size = features.count / features.shape[0]
    let rows = names.compactMap { list.classNames.firstIndex(of: $0) }
    return Tensor(
      shape: [rows.count] + features.shape.dropFirst(),
      values: rows.flatMap { features.values[$0 * size..<($0 + 1) * size] })
  }

  // MARK: Forward passes

  /// Runs `body` with the network; other uses of the model wait meanwhile.
  package func withNetwork<Result>(_ body: (Network) throws -> Result) rethrows -> Result {
    try network.withValue(body)
  }

  /// Runs `body` with the network that segments.
  package func withSegmentation<Result>(_ body: (SegmentationModel) throws -> Result) throws -> Result {
    let ownModel = withNetwork { network -> SegmentationModel? in
      if case .segmentation(let model) = network { model } else { nil }
    }
    if let ownModel { return try withNetwork { _ in try body(ownModel) } }
    return try pixelNetwork.withValue { later in
      if let model = later.model { return try body(model) }
      try MemoryDemand.ask(MemoryDemand.ofWeights(file.modelTensors), for: "the model \(path)")
      let weights = try PreloadedWeights(file) { ModelPart(ofTensor: $0) != .text }
      let loaded = try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
      later.model = loaded
      return try body(loaded)
    }
  }

  /// Segments an image.
  ///
  /// - Parameters:
  ///   - textFeatures: From ``encodedFeatures(of:progress:)``.
  ///   - topK: Category early rejection; `nil` keeps all classes.
  ///   - taps: Records every intermediate result.
  package func segment(
    _ image: RGBImage, textFeatures: Tensor, topK: Int?, taps: Taps? = nil
  ) throws -> Segmentation {
    try withSegmentation { model in
      if topK != nil, !model.architecture.hasRejectionHeads {
        throw UsageError(.noRejectionHeads, path: path)
      }
      let classCount = textFeatures.shape[0]
      try MemoryDemand.ask(
        memoryDemand(image, classCount: classCount, taps: taps),
        for: "the segmentation of \(image.width) x \(image.height) pixels by \(classCount) classes")
      let segmentation = model.segment(
        pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures,
        topK: topK,
        taps: taps)
      guard segmentation.scoresAreNumbers else {
        throw UsageError(.notFinite(result: "scores of this image"), path: path)
      }
      return segmentation
    }
  }

  /// Classifies an image as a whole.
  ///
  /// - Parameters:
  ///   - textFeatures: From ``encodedFeatures(of:progress:)``.
  ///   - taps: Records every intermediate result.
  package func classify(_ image: RGBImage, textFeatures: Tensor, taps: Taps? = nil) throws -> Classification {
    try withNetwork { network in
      guard case .classification(let model) = network else { throw UsageError(.cannotClassify, path: path) }
      try MemoryDemand.ask(
        memoryDemand(image, classCount: textFeatures.shape[0], taps: taps),
        for: "the classification of a picture")
      let classification = model.classify(
        pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures, taps: taps
      )
      guard classification.probabilities.allSatisfy(\.isFinite) else {
        throw UsageError(.notFinite(result: "probabilities of this image"), path: path)
      }
      return classification
    }
  }

  /// Embeds an image: D x h x w for SED and CAT-Seg, each place of length 1; D, of length 1, for CLIP alone.
  package func embedding(of image: RGBImage) throws -> Tensor {
    try MemoryDemand.ask(
      MemoryDemand.ofEmbedding(file.architecture, resolution: resolution), for: "the embedding of a picture")
    let embedding = withNetwork { network in
      switch network {
      case .segmentation(let model):
        model.embedding(ofPixels: image.pixels, height: image.height, width: image.width)
      case .classification(let model):
        model.embedding(ofPixels: image.pixels, height: image.height, width: image.width)
      }
    }
    guard embedding.values.allSatisfy(\.isFinite) else {
      throw UsageError(.notFinite(result: "values of the embedding"), path: path)
    }
    return embedding
  }
}

/// A network that is loaded when it is first used.
private final class LoadedLater {
  var model: SegmentationModel?
}

extension Tensor {
  /// The part at an index of the first dimension, under the shape of the others.
  fileprivate subscript(index: Int) -> Tensor {
    let size = count / shape[0]
    return Tensor(
      shape: Array(shape.dropFirst()), values: Array(values[index * size..<(index + 1) * size]))
  }
}
