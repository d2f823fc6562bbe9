// What a source says of some pictures, for others to be measured against.

public import SedgeArchitecture
import SedgeFolding
import SedgeOperators
public import SedgeRunner
public import SedgeTensor
public import SedgeTokenizer
import SedgeImages
import SedgeVerification

/// The output of a source, as the checkpoint has it, unfolded and in float32, on pictures with given classes.
///
/// The source runs once on each picture. What comes out is kept: 2 bytes a pixel, and 4 bytes for each class and pixel of
/// a quarter of the model's resolution. What would exceed the memory limit is computed anew for every measurement.
public final class OutputReference {
  /// The classes that are looked for.
  public let classes: ClassList
  /// Their text features by the source's own encoder: classes x prompts x embedding.
  public let textFeatures: Tensor
  /// The source against itself: no error, and how good it is by the ground truth.
  public private(set) var source: OutputError

  /// What is odd about the ground truth, in words; nothing where it is as expected or there is none.
  public let notes: [String]

  /// The dimensions of the source.
  public var architecture: Architecture { conversion.checkpoint.architecture }

  private let conversion: Conversion
  private let pictures: [TestPicture]
  private let compute: Compute
  private let model: any RecordableModel
  private var kept: [Output] = []

  /// One picture's output, as it is kept.
  private struct Output {
    var labels: [UInt16]
    var scores: [Float]
    var byteCount: Int { 2 * labels.count + 4 * scores.count }
  }

  /// The memory that kept outputs take at most, unless told otherwise: 1 GiB.
  public static let usualMemoryLimit = 1 << 30
  /// The most classes.
  public static let largestClassCount = 1 << 16

  /// Runs a conversion's source on pictures.
  ///
  /// - Parameters:
  ///   - conversion: Says what the source is, and how pictures and class names are prepared.
  ///   - pictures: At least one. Those with ground truth count for what is told of it, without the pixels of no class:
  ///     ``GroundTruth``.
  ///   - compute: How the models that are measured compute; the source computes in float32, or in the reference's
  ///     arithmetic where that is asked for.
  ///   - memoryLimit: The most bytes of outputs that are kept.
  /// - Throws: ``OptionError`` where class names mean nothing to the source or the truth has other classes, `FormatError`
  ///   where a file cannot be read.
  public init(
    _ conversion: Conversion, pictures: [TestPicture], classes: ClassList, compute: Compute = Compute(),
    memoryLimit: Int = usualMemoryLimit, progress: (Progress) -> Void = { _ in }
  ) throws {
    precondition(!pictures.isEmpty)
    guard classes.classes.count <= Self.largestClassCount else {
      throw OptionError("\(classes.classes.count) classes, at most \(Self.largestClassCount) are measured")
    }
    self.conversion = conversion
    self.pictures = pictures
    self.classes = classes
    self.compute = compute
    notes = try GroundTruth(classes: classes).check(pictures)
    let original = try FoldedModel(
      conversion.checkpoint, preprocessing: conversion.preprocessing, folding: false)
    textFeatures = try conversion.textFeatures(of: classes, by: original, compute: compute.exact) {
      progress(.encodingText(Double($0) / Double($1)))
    }
    model = try conversion.model(original, compute: compute.exact)
    var sums = OutputErrorSums(classCount: classes.classes.count)
    var byteCount = 0
    for (index, picture) in pictures.enumerated() {
      progress(.running("source, picture \(index + 1) of \(pictures.count)"))
      let (image, truth) = try picture.contents()
      if truth != nil, model.architecture.decoder == nil {
        throw OptionError("\(picture.name): CLIP alone gives no labels to pixels; leave the ground truth out")
      }
      let output = try Self.output(of: model, on: image, textFeatures: textFeatures)
      sums.add(
        labels: output.labels, expectedLabels: output.labels, scores: output.scores,
        expectedScores: output.scores, truth: truth?.labels)
      byteCount += output.byteCount
      if kept.count == index, byteCount <= memoryLimit { kept.append(output) }
    }
    source = sums.error
  }

  /// Measures a model whose weights may be anywhere.
  ///
  /// - Parameters:
  ///   - weights: Of the source's architecture; folded or not.
  ///   - textFeatures: Of ``classes``; by default as the weights' own text encoder makes them.
  /// - Throws: What reading the weights throws.
  public func error(
    of weights: any WeightSource, textFeatures: Tensor? = nil, progress: (Progress) -> Void = { _ in }
  ) throws -> OutputError {
    precondition(weights.architecture == conversion.checkpoint.architecture)
    let features =
      try textFeatures
      ?? conversion.textFeatures(of: classes, by: weights, compute: compute) {
        progress(.encodingText(Double($0) / Double($1)))
      }
    return try error(
      of: conversion.model(weights, compute: compute), textFeatures: features, progress: progress)
  }

  /// Measures a model in a `.sedge` file, which makes its own text features or has them stored.
  ///
  /// - Throws: ``OptionError`` where the file is of another model or resolution, or cannot have these classes;
  ///   `FormatError` where it is damaged.
  public func error(ofFile path: String, progress: (Progress) -> Void = { _ in }) throws -> OutputError {
    let candidate = try SedgeModel(path: path, compute: compute)
    var (found, expected) = (candidate.file.architecture, conversion.checkpoint.architecture)
    // All classes are kept here, so the heads that reject some do not matter.
    found.decoder?.hasRejectionHeads = false
    expected.decoder?.hasRejectionHeads = false
    guard found == expected else {
      throw OptionError(
        "\(path): is \(found.name), the source is \(expected.name); dimensions and heads must be the same")
    }
    let resolutions = (
      candidate.file.header.preprocessing.resolution, conversion.preprocessing.resolution
    )
    guard resolutions.0 == resolutions.1 else {
      throw OptionError("\(path): sees pictures at \(resolutions.0), the source at \(resolutions.1)")
    }
    let features = try candidate.textFeatures(of: classes) {
      progress(.encodingText(Double($0) / Double($1)))
    }
    return try error(of: candidate.model, textFeatures: features, progress: progress)
  }

  /// Measures a model that is loaded already.
  func error(
    of candidate: any RecordableModel, textFeatures: Tensor, progress: (Progress) -> Void = { _ in }
  ) throws -> OutputError {
    var sums = OutputErrorSums(classCount: classes.classes.count)
    for (index, picture) in pictures.enumerated() {
      progress(.running("picture \(index + 1) of \(pictures.count)"))
      let (image, truth) = try picture.contents()
      let expected =
        index < kept.count
        ? kept[index] : try Self.output(of: model, on: image, textFeatures: self.textFeatures)
      let actual = try Self.output(of: candidate, on: image, textFeatures: textFeatures)
      guard expected.labels.count == actual.labels.count else {
        throw OptionError("\(picture.name): has changed its size since it was first read")
      }
      sums.add(
        labels: actual.labels, expectedLabels: expected.labels, scores: actual.scores,
        expectedScores: expected.scores, truth: truth?.labels)
    }
    return sums.error
  }

  private static func output(
    of model: any RecordableModel, on image: RGBImage, textFeatures: Tensor
  ) throws -> Output {
    let output = model.output(
      pixels: image.pixels, height: image.height, width: image.width, textFeatures: textFeatures)
    guard output.scores.values.allSatisfy({ !$0.isNaN }) else {
      throw OptionError(
        "scores of a picture are not numbers: weights or activations exceed what float32 holds; check the source"
      )
    }
    return Output(labels: output.labels.map { UInt16($0) }, scores: output.scores.values)
  }
}

extension Conversion {
  /// A model of weights, prepared as this conversion's file would be.
  func model(_ weights: any WeightSource, compute: Compute) throws -> any RecordableModel {
    weights.architecture.decoder == nil
      ? try ClassificationModel(
        weights: weights, preprocessing: preprocessing, logitScale: options.logitScale, compute: compute)
      : try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
  }

  /// Text features by weights' own text encoder: classes x prompts x embedding.
  ///
  /// - Throws: ``OptionError`` where there is no tokenizer or there are no prompts for it.
  func textFeatures(
    of classes: ClassList, by weights: any WeightSource, compute: Compute,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> Tensor {
    guard let tokenizer, let templates else {
      throw OptionError(
        "\(checkpoint.archive.path): class names mean nothing to it: give \(tokenizer == nil ? "--vocabulary" : "--templates")"
      )
    }
    let encoder = try TextFeatureEncoder(
      weights, tokenizer: tokenizer, templates: templates, compute: compute)
    return encoder.features(of: classes.classes, progress: progress)
  }
}
