// What a conversion will give and take, before it is done.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeFolding
import SedgeOperators
import SedgeQuantization
import SedgeTensor
import SedgeTokenizer

/// Size, time and memory of a conversion that was not made.
///
///     let estimate = try Conversion(source: "sed.pth", options: options).estimate()
///     print(estimate.byteCounts, estimate.seconds, estimate.memoryByteCount)
public struct ConversionEstimate: Sendable {
  /// Bytes of the source files.
  public var sourceByteCount: Int
  /// The least and the largest size of the file; one number where the size is known.
  public var byteCounts: ClosedRange<Int>
  /// The likely size; `nil` where a budget decides.
  public var likelyByteCount: Int?
  /// Seconds that it takes on as many threads as this process has processors, if nothing else runs, without ``omittedSteps``.
  public var seconds: Double
  /// The threads.
  public var threadCount: Int
  /// Bytes of memory at most.
  public var memoryByteCount: Int
  /// Steps whose time is not known beforehand.
  public var omittedSteps: [OmittedStep]
  /// Elements of all tensors.
  public var elementCount: Int
  /// What was asked for, such as `int4`.
  public var requested: String
  /// What a user should know of the file that comes out, in sentences.
  public var notes: [String]
  /// The model.
  public var modelName: String

  /// A step whose time depends on pictures or class names.
  public enum OmittedStep: String, Sendable, Hashable {
    /// The prompts of class lists are encoded.
    case encodingText = "encoding_text"
    /// The model runs on calibration pictures.
    case calibrating
    /// The bits of each tensor are chosen for a budget.
    case searching
  }

  /// The largest error of an estimated size, as a share of the bytes that were estimated from samples.
  public static let sampleError = 0.01
}

extension Conversion {
  /// Estimates size, time and memory; nothing is written.
  ///
  /// Every weight is read once and folded. Tensors of up to 65,536 elements are encoded, of larger ones a sample of as many.
  ///
  /// - Throws: As `run(output:progress:)`, where that shows without the work.
  public func estimate(progress: @escaping ProgressHandler = { _ in }) throws -> ConversionEstimate {
    let progress = stopping(progress)
    try MemoryDemand.ask(memoryByteCount(sourceTensors), for: "the estimate")
    let folding = WorkTime()
    let model = try FoldedModel(
      source.checkpoint, preprocessing: source.preprocessing, folding: options.folding
    ) {
      try progress(.folding(Double($0) / Double($1)))
    }
    let foldingSeconds = folding.seconds
    let tensors = storedTensors(of: model)
    try checkNames(of: tensors)
    let measured = try sampled(tensors, of: model, progress: progress)
    let sources = source.checkpoint.archive.files.reduce(0) { $0 + $1.byteCount }
    let sizes = try byteCounts(measured.tensors, of: model)
    let isSearched = options.budget != nil
    return ConversionEstimate(
      sourceByteCount: sources, byteCounts: sizes.range, likelyByteCount: isSearched ? nil : sizes.likely,
      // The values are checked before they are read, and the sources hashed.
      seconds: foldingSeconds + 2 * measured.readingSeconds + Double(sources) / Self.hashedBytesPerSecond
        + measured.encodingSeconds, threadCount: Workers().count,
      memoryByteCount: memoryByteCount(tensors), omittedSteps: omittedSteps,
      elementCount: tensors.reduce(0) { $0 + $1.elementCount }, requested: options.compression.requestedText,
      notes: notes, modelName: model.architecture.name)
  }

  /// Bytes of SHA-256 in a second, on a processor with instructions for it.
  private static let hashedBytesPerSecond = 1e9

  private var omittedSteps: [ConversionEstimate.OmittedStep] {
    (options.classLists.isEmpty ? [] : [.encodingText])
      + (options.compression.isCalibrated ? [.calibrating] : []) + (options.budget == nil ? [] : [.searching])
  }

  /// The tensors of the file, without text features.
  func storedTensors(of model: FoldedModel) -> [ModelTensor] {
    model.modelTensors.filter { !(options.dropsTextEncoder && ModelPart(ofTensor: $0.name) == .text) }
  }

  /// The tensors of the source that the file will have, but for what folding removes and adds.
  var sourceTensors: [ModelTensor] {
    source.checkpoint.tensors.map(\.modelTensor).filter {
      !(options.dropsTextEncoder && ModelPart(ofTensor: $0.name) == .text)
    }
  }

  // MARK: Samples

  private typealias SampledTensor = (tensor: ModelTensor, estimate: TensorEstimate)

  private func sampled(
    _ tensors: [ModelTensor], of model: FoldedModel, progress: @escaping ProgressHandler
  ) throws -> (tensors: [SampledTensor], readingSeconds: Double, encodingSeconds: Double) {
    let (settings, storage, workers) = (options.compression, options.storage, Workers())
    var result: [SampledTensor] = []
    var (reading, encoding) = (0.0, 0.0)
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    for batch in ModelQuantizer.batches(of: tensors) {
      let start = WorkTime()
      let work = try tensors[batch].map {
        (tensor: $0, values: try model.values(of: $0), rule: settings.rule(for: $0))
      }
      reading += start.seconds
      let estimates = try workers.map(work) {
        try TensorEstimate(of: $0.tensor, $0.values, rule: $0.rule, storage: storage)
      }
      for (item, estimate) in zip(work, estimates) {
        result.append((item.tensor, estimate))
        done += item.tensor.elementCount
      }
      // A batch takes as long as its longest tensor, or its share of all threads.
      let seconds = estimates.map(\.seconds)
      encoding += max(seconds.max() ?? 0, seconds.reduce(0, +) / Double(workers.count))
      try progress(.quantizing(Double(done) / Double(total)))
    }
    return (result, reading, encoding)
  }

  /// The sizes of the file, within the error of samples; with a budget, from the least bits to the most.
  private func byteCounts(
    _ tensors: [SampledTensor], of model: FoldedModel
  ) throws -> (range: ClosedRange<Int>, likely: Int) {
    let header = try emptyHeader(of: model)
    let hasShares = options.budget != nil
    func size(_ bytes: (TensorEstimate) -> Double) throws -> (likely: Int, slack: Int) {
      var file = FileEstimate()
      func append(_ tensor: ModelTensor, _ estimate: TensorEstimate, hasShares: Bool) {
        file.append(
          tensor, codec: estimate.codec, floatReason: estimate.floatReason,
          data: estimate.data(byteCount: bytes(estimate)), scales: estimate.scales, error: estimate.error,
          hasShares: hasShares)
      }
      for list in options.classLists {
        let tensor = textFeatures(of: list, model.architecture)
        let features = try TensorEstimate(
          ofTextFeatures: tensor, requested: options.compression.quantization, storage: options.storage)
        append(tensor, features, hasShares: false)
      }
      for item in tensors { append(item.tensor, item.estimate, hasShares: hasShares) }
      if let vocabulary = try packedVocabulary(), let tokenizer = source.tokenizer {
        file.addTokenizer(vocabulary, contextLength: tokenizer.contextLength)
      }
      return try file.byteCount(
        with: header, unknownByteCount: Self.digestByteCount * (header.sources.count + options.inputs.count))
    }
    let (likely, slack) = try size { $0.byteCount }
    if case .fileSize(let limit) = options.budget { return (min(likely, limit)...limit, limit) }
    if options.budget != nil {
      func coded(_ bits: Double) -> (TensorEstimate) -> Double {
        { $0.codec == .trellis ? $0.byteCount(bits: bits) : $0.byteCount }
      }
      let (least, slack) = try size(coded(BudgetSearch.bitLimits.lowerBound))
      let most = try size(coded(BudgetSearch.losslessBits)).likely + Self.calibrationRecordByteCount
      return (least - slack...max(least, most) + slack, likely)
    }
    func end(_ sign: Double) throws -> Int {
      try size {
        $0.byteCount + sign * $0.uncertainty(sampleError: ConversionEstimate.sampleError)
      }.likely
    }
    let calibration = options.compression.isCalibrated ? Self.calibrationRecordByteCount : 0
    let (least, most) = try (end(-1), end(1))
    return (least - slack...max(least, most) + slack + calibration, likely)
  }

  /// Bytes of a SHA-256, which is not computed here.
  private static let digestByteCount = 32
  /// Bytes of the record of a calibration, at most.
  private static let calibrationRecordByteCount = 512

  private func textFeatures(
    of list: (name: String, classes: ClassList), _ architecture: Architecture
  ) -> ModelTensor {
    ModelTensor(
      name: Self.featuresName(of: list.name), role: .textFeatures, layout: .plain,
      shape: [list.classes.classes.count, architecture.featuresPerClass, architecture.image.embeddingWidth])
  }

  /// A header as the file will have it, but for tensors, tokenizer and what is measured.
  private func emptyHeader(of model: FoldedModel) throws -> SedgeHeader {
    let unhashed = source.checkpoint.archive.files.map { file in
      SedgeHeader.SourceRecord(
        fileName: Self.fileName(of: file.path), sha256: sha256(of: Array(file.path.utf8)),
        byteCount: file.byteCount, formatName: source.checkpoint.archive.formatName)
    }
    let inputs = options.inputs.map { input in
      ProvenanceRecord.Input(
        option: input.option, fileName: input.fileName, fileCount: input.isSet ? input.files.count : nil,
        sha256: sha256(of: Array(input.option.utf8)))
    }
    let lists = options.classLists.map { list in
      SedgeHeader.ClassList(
        name: list.name, classNames: list.classes.classes.map(\.name),
        features: Self.featuresName(of: list.name))
    }
    return header(of: model, lists: lists, sources: unhashed, inputs: inputs, quantization: nil, kernels: nil)
  }

  // MARK: Memory

  /// The most memory that converting takes, a fifth more than was measured.
  func memoryByteCount(_ tensors: [ModelTensor]) -> Int {
    let batch =
      ModelQuantizer.batches(of: tensors).map { batch in
        tensors[batch].reduce(0) { $0 + $1.elementCount }
      }.max() ?? 0
    let loaded = options.compression.isCalibrated ? 4 * tensors.reduce(0) { $0 + $1.elementCount } : 0
    return Self.programByteCount + Self.bytesPerElement * batch + loaded
  }

  /// Bytes of the program and its tables.
  private static let programByteCount = 60_000_000
  /// Bytes for each element that is encoded at a time: its value, what it was and is, its level and the encoder's tables.
  private static let bytesPerElement = 14
}
