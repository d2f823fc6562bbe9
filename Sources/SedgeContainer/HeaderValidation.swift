// The rules for a header's values.

internal import SedgeArchitecture
internal import SedgeQuantization
internal import SedgeTensor

/// Checks a header against every rule of the format; `docs/format.md` lists them.
///
/// - Parameters:
///   - payloadEnd: Where the header begins; all segments end before it.
///   - version: That of the file.
/// - Throws: ``FormatError`` for the first rule that is broken.
func validate(_ header: SedgeHeader, payloadEnd: Int, version: Int) throws(FormatError) {
  try validateText(header.sedgeVersion, "the version of Sedge")
  try header.architecture.validate(version: version)
  try header.preprocessing.validate(for: header.architecture)
  try header.validateResizing(version: version)
  for fold in header.folds { try fold.validate() }
  var names: Set<String> = []
  for record in header.tensors {
    guard names.insert(record.tensor.name).inserted else {
      throw FormatError(.malformed("there are two tensors of this name"), tensor: record.tensor.name)
    }
    try record.validate(version: version)
  }
  try header.validateTexts()
  try header.validateTokenizer()
  try header.validateClassLists()
  try header.quantization?.validate()
  try header.validateHyperparameters()
  try header.provenance?.validate()
  try header.validatePlaces(payloadEnd: payloadEnd, version: version)
}

/// Throws that the file is malformed unless `isTrue`.
private func require(
  _ isTrue: Bool, _ text: @autoclosure () -> String, tensor: String? = nil
) throws(FormatError) {
  guard isTrue else { throw FormatError(.malformed(text()), tensor: tensor) }
}

/// A number within limits.
private func validate(
  _ value: Int, in range: ClosedRange<Int>, _ name: String
) throws(FormatError) {
  try require(
    range.contains(value), "\(name) is \(value), expected \(range.lowerBound)...\(range.upperBound)")
}

/// Numbers within limits, of a required count.
private func validate(
  _ values: [Int], count: Int, in range: ClosedRange<Int>, _ name: String
) throws(FormatError) {
  try require(values.count == count, "there are \(values.count) \(name), expected \(count)")
  for value in values { try validate(value, in: range, "one of the \(name)") }
}

/// A text that is not empty and within the limit of readers.
private func validateText(_ text: String, _ name: String, tensor: String? = nil) throws(FormatError) {
  try require(!text.isEmpty, "\(name) is empty", tensor: tensor)
  try require(text.utf8.count <= 65_536, "\(name) has \(text.utf8.count) bytes, expected at most 65536")
}

// MARK: - The model

private let widthRange = 1...65_536
private let depthRange = 1...1_024

/// The side of a kernel: odd.
private func validateKernel(_ side: Int, _ name: String) throws(FormatError) {
  try validate(side, in: 1...63, name)
  try require(side % 2 == 1, "\(name) is \(side), expected an odd number")
}

/// Heads that divide a width.
private func validateHeads(_ heads: Int, dividing widths: [Int], _ name: String) throws(FormatError) {
  try validate(heads, in: widthRange, name)
  for width in widths {
    try require(width % heads == 0, "\(name), \(heads), do not divide the width \(width)")
  }
}

extension Architecture {
  fileprivate func validate(version: Int) throws(FormatError) {
    try require(
      firstVersion <= version, "\(kind.rawValue) with this image encoder is no model of version \(version)")
    switch image {
    case .convNeXt(let encoder): try encoder.validate()
    case .transformer(let encoder): try encoder.validate()
    }
    try text.validate()
    switch (segmenter, image) {
    case (.fusion(let decoder), .convNeXt): try decoder.validate()
    case (.aggregation(let aggregation), .transformer(let encoder)):
      try aggregation.validate()
      try SedgeContainer.validate(
        encoder.layers, in: CostAggregation.fewestLayers...depthRange.upperBound, "the image encoder's layers"
      )
    case (nil, _): break
    default:
      throw FormatError(.malformed("it is \(kind.rawValue) and has the image encoder of another model"))
    }
    try require(
      !usesQuickGELU || image.kind == .transformer, "it has QuickGELU, which no model with a ConvNeXt has")
  }
}

extension Architecture.VisionTransformer {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(width, in: widthRange, "the image encoder's width")
    try validateHeads(heads, dividing: [width], "the image encoder's heads")
    try SedgeContainer.validate(layers, in: depthRange, "the image encoder's layers")
    try SedgeContainer.validate(hiddenWidth, in: widthRange, "the image encoder's hidden width")
    try SedgeContainer.validate(patch, in: 1...255, "the patch")
    try SedgeContainer.validate(grid, in: 1...1_024, "the grid of positions")
    try SedgeContainer.validate(embeddingWidth, in: widthRange, "the embedding's width")
    try require(
      normEpsilon > 0 && normEpsilon < 1,
      "the norms' epsilon is \(normEpsilon), expected more than 0 and less than 1")
  }
}

extension Architecture.CostAggregation {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(promptCount, in: widthRange, "the prompt count")
    try SedgeContainer.validate(hiddenWidth, in: widthRange, "the aggregation's width")
    try SedgeContainer.validate(guidanceWidth, in: widthRange, "the guidance's width")
    try SedgeContainer.validate(layers, in: depthRange, "the aggregation's layers")
    try validateHeads(heads, dividing: [hiddenWidth], "the aggregation's heads")
    try SedgeContainer.validate(grid, in: 1...1_024, "the grid")
    try SedgeContainer.validate(window, in: 1...grid, "the window")
    try require(grid % window == 0, "the window, \(window), does not divide the grid, \(grid)")
    try validateKernel(costKernel, "the cost kernel")
    try SedgeContainer.validate(pooling, in: 1...min(grid, 64), "the pooling")
    try SedgeContainer.validate(classLength, in: widthRange, "the class length")
    try SedgeContainer.validate(upsampledWidths, count: 2, in: widthRange, "widths of the upsampled guidance")
    try SedgeContainer.validate(widths, count: 2, in: widthRange, "widths of the decoder")
    try SedgeContainer.validate(guidanceWidths, count: 2, in: widthRange, "guidance widths of the decoder")
    for width in widths {
      try require(
        width % Architecture.Decoder.channelsPerGroup == 0,
        "a width of the decoder is \(width), expected a multiple of \(Architecture.Decoder.channelsPerGroup)")
    }
    for (width, guidance) in zip(inputWidths, guidanceWidths) {
      try require(guidance < width, "a guidance of \(guidance) channels leaves none of \(width)")
    }
  }
}

extension Architecture.ConvNeXt {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(depths, count: 4, in: depthRange, "depths of the image encoder")
    try SedgeContainer.validate(widths, count: 4, in: widthRange, "widths of the image encoder")
    try SedgeContainer.validate(embeddingWidth, in: widthRange, "the embedding's width")
    try validateKernel(kernel, "the image encoder's kernel")
    try require(
      normEpsilon > 0 && normEpsilon < 1,
      "the norms' epsilon is \(normEpsilon), expected more than 0 and less than 1")
    if case .mlp(let hiddenWidth) = head {
      try SedgeContainer.validate(hiddenWidth, in: widthRange, "the visual head's hidden width")
    }
  }
}

extension Architecture.TextEncoder {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(width, in: widthRange, "the text encoder's width")
    try validateHeads(heads, dividing: [width], "the text encoder's heads")
    try SedgeContainer.validate(layers, in: depthRange, "the text encoder's layers")
    try SedgeContainer.validate(contextLength, in: 2...65_536, "the context length")
    try SedgeContainer.validate(vocabularySize, in: 2...1_048_576, "the vocabulary size")
  }
}

extension Architecture.Decoder {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(promptCount, in: widthRange, "the prompt count")
    try SedgeContainer.validate(hiddenWidth, in: widthRange, "the decoder's hidden width")
    try SedgeContainer.validate(widths, count: 3, in: widthRange, "widths of the decoder")
    try SedgeContainer.validate(guidanceWidths, count: 3, in: widthRange, "guidance widths of the decoder")
    for width in widths {
      try require(
        width % Self.channelsPerGroup == 0,
        "a width of the decoder is \(width), expected a multiple of \(Self.channelsPerGroup)")
    }
    try validateHeads(heads, dividing: inputWidths, "the decoder's heads")
    try validateKernel(kernel, "the decoder's kernel")
    try validateKernel(costKernel, "the cost kernel")
    try SedgeContainer.validate(pooling, in: 1...64, "the pooling")
  }
}

extension Preprocessing {
  fileprivate func validate(for architecture: Architecture) throws(FormatError) {
    for (numbers, name) in [(pixelMean, "pixel mean"), (pixelStandardDeviation, "pixel standard deviation")] {
      try require(numbers.count == 3, "the \(name) has \(numbers.count) numbers, expected 3")
      try require(numbers.allSatisfy(\.isFinite), "the \(name) is \(numbers), expected finite numbers")
    }
    try require(
      pixelStandardDeviation.allSatisfy { $0 > 0 },
      "the pixel standard deviation is \(pixelStandardDeviation), expected positive numbers")
    let stride = architecture.image.stride
    try SedgeContainer.validate(resolution, in: stride...8_192, "the resolution")
    try require(
      resolution % stride == 0, "the resolution is \(resolution), expected a multiple of \(stride)")
    if let aggregation = architecture.aggregation {
      try require(
        resolution == stride * aggregation.grid,
        "the resolution is \(resolution), expected the grid's, \(stride * aggregation.grid)")
    }
    try require(
      (window != nil) == (architecture.aggregation != nil),
      window == nil ? "it lacks the side of sliding windows" : "it has sliding windows, which are CAT-Seg's")
    if let window { try SedgeContainer.validate(window, in: 8...8_192, "the side of sliding windows") }
    if let topK { try SedgeContainer.validate(topK, in: widthRange, "top-k") }
  }
}

extension FoldRecord {
  fileprivate func validate() throws(FormatError) {
    try validateText(source, "a fold's source")
    for target in targets { try validateText(target, "a fold's target") }
    if let obstacle { try validateText(obstacle, "a fold's obstacle") }
    guard let certificate else { return }
    for number in [certificate.largestDifference, certificate.largestMagnitude, certificate.tolerance] {
      try require(number >= 0, "a certificate of the fold of \(source) has \(number), expected 0 or more")
    }
    try require(
      obstacle != nil || certificate.holds,
      "the fold of \(source) is applied, and its certificate is a difference of \(certificate.largestDifference)"
        + " where \(certificate.tolerance) is allowed")
  }
}

// MARK: - The tensor table

extension TensorRecord {
  /// Elements of the largest tensor.
  private static let largestElementCount = 1 << 40

  fileprivate func validate(version: Int) throws(FormatError) {
    let name = tensor.name
    try validateText(name, "a tensor's name")
    try require(
      largestAbsoluteError >= 0 && largestAbsoluteError.isFinite,
      "its largest error is \(largestAbsoluteError), expected a number from 0 on", tensor: name)
    // Of a bias of zeros that calibration has moved, it is infinite.
    try require(
      relativeRMSError >= 0, "its relative error is \(relativeRMSError), expected a number from 0 on",
      tensor: name)
    if let importance {
      try require(
        importance >= 0 && importance.isFinite,
        "its importance is \(importance), expected a number from 0 on",
        tensor: name)
    }
    if let errorShare {
      try require(
        (0...1).contains(errorShare), "its share of the error is \(errorShare), expected 0...1", tensor: name)
    }
    try require(
      codec.firstVersion <= version, "\(codec.rawValue) is no codec of version \(version)", tensor: name)
    try require(
      floatReason == nil || codec.isFloat, "it is \(codec.rawValue) and has a reason to be floats",
      tensor: name)
    try require(
      data.compression == .raw || !codec.isCompact,
      "its data are compressed, expected raw: \(codec.rawValue) compresses them", tensor: name)
    try validateShape()
    let (rows, columns) = tensor.matrix(for: codec)
    let scaleCount = codec.codec.scaleCount(rows: rows, columns: columns)
    try validate(data, "data", codec.codec.codeByteCountRange(rows: rows, columns: columns))
    if let scales { try validate(scales, "scales", 4 * scaleCount...4 * scaleCount) }
    try require(
      (scales != nil) == (scaleCount > 0),
      scales == nil
        ? "it lacks the scales of \(codec.rawValue)" : "it has scales, which \(codec.rawValue) has not",
      tensor: name)
  }

  private func validateShape() throws(FormatError) {
    let rank = tensor.shape.count
    let isRankRight =
      switch tensor.layout {
      case .plain: rank <= 8
      case .oi: rank == 2
      case .ohwi: rank == 4
      case .hwc: rank == 3
      }
    try require(
      isRankRight, "its layout \(tensor.layout.rawValue) does not have \(rank) dimensions",
      tensor: tensor.name)
    var count = 1
    for extent in tensor.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      try require(
        extent > 0 && !overflow && product <= Self.largestElementCount,
        "its shape is \(shapeText(tensor.shape)), expected 1...2^40 elements", tensor: tensor.name)
      count = product
    }
  }

  private func validate(
    _ segment: Segment, _ part: String, _ byteCounts: ClosedRange<Int>
  ) throws(FormatError) {
    let expected = byteCounts.count == 1 ? "\(byteCounts.lowerBound)" : "\(byteCounts)"
    try require(
      byteCounts.contains(segment.plainByteCount),
      "its \(part) have \(segment.plainByteCount) bytes, expected \(expected) for"
        + " \(codec.rawValue) of shape \(shapeText(tensor.shape))", tensor: tensor.name)
  }
}

// MARK: - Texts and lists

extension SedgeHeader {
  fileprivate func validateResizing(version: Int) throws(FormatError) {
    let resizing = preprocessing.resizing
    try require(
      resizing.firstVersion <= version, "the resizing \(resizing.rawValue) is none of version \(version)")
    try require(
      ImageResizing.all(of: architecture.kind).contains(resizing),
      "it is \(architecture.kind == .clip ? "CLIP alone" : architecture.kind.rawValue) and has the resizing \(resizing.rawValue)"
        + (resizing == .sed ? " of SED" : " of CAT-Seg"))
  }

  fileprivate func validateTexts() throws(FormatError) {
    if let promptCount = architecture.segmenter?.promptCount {
      try require(
        promptTemplates.isEmpty || promptTemplates.count == promptCount,
        "there are \(promptTemplates.count) prompt templates, expected \(promptCount) or none")
    } else {
      try require(logitScale != nil, "it is CLIP alone and lacks the logit scale")
    }
    if let logitScale {
      try require(
        abs(logitScale) <= SedgeHeader.largestLogitScale,
        "the logit scale is \(logitScale), expected a logarithm within ±\(SedgeHeader.largestLogitScale)")
    }
    try require(
      preprocessing.topK == nil || architecture.hasRejectionHeads,
      "it asks for early rejection and has no heads for it")
    for template in promptTemplates {
      try validateText(template, "a prompt template")
      let count = template.utf8.count - template.replacing("{}", with: "{").utf8.count
      try require(count == 1, "the prompt template \"\(template)\" has \(count) {}, expected one")
    }
    for source in sources {
      try validateText(source.fileName, "a source's file name")
      try require(!source.fileName.contains("/"), "the source \(source.fileName) has a folder")
      try require(
        source.byteCount <= SedgeHeader.largestSourceByteCount,
        "the source \(source.fileName) has \(source.byteCount) bytes, expected at most 2^50")
      try require(source.sha256.count == 32, "a SHA-256 has \(source.sha256.count) bytes, expected 32")
      try validateText(source.formatName, "a source's format name")
    }
    for option in options {
      try validateText(option.key, "an option's key")
      if !option.value.isEmpty { try validateText(option.value, "the value of option \(option.key)") }
    }
  }

  fileprivate func validateTokenizer() throws(FormatError) {
    guard let tokenizer else { return }
    try require(hasTextEncoder, "it has a tokenizer but no text encoder")
    try require(tokenizer.merges.plainByteCount > 0, "its tokenizer is empty")
    try require(
      tokenizer.contextLength == architecture.text.contextLength,
      "the tokenizer's context length is \(tokenizer.contextLength),"
        + " expected the text encoder's \(architecture.text.contextLength)")
  }

  fileprivate func validateClassLists() throws(FormatError) {
    let features = tensors.map(\.tensor).filter { $0.role == .textFeatures }
    let shapes = Dictionary(features.map { ($0.name, $0.shape) }) { first, _ in first }
    var names: Set<String> = []
    for list in classLists {
      try validateText(list.name, "a class list's name")
      try require(names.insert(list.name).inserted, "there are two class lists \(list.name)")
      try require(!list.classNames.isEmpty, "the class list \(list.name) has no classes")
      for name in list.classNames { try validateText(name, "a class of the list \(list.name)") }
      guard let shape = shapes[list.features] else {
        throw FormatError(
          .malformed("the class list \(list.name) names text features that are not in the file"),
          tensor: list.features)
      }
      let expected = [
        list.classNames.count, architecture.featuresPerClass, architecture.image.embeddingWidth,
      ]
      try require(
        shape == expected,
        "the class list \(list.name) has text features of shape \(shapeText(shape)),"
          + " expected \(shapeText(expected))", tensor: list.features)
    }
  }
}

// MARK: - Provenance

extension SedgeHeader {
  fileprivate func validateHyperparameters() throws(FormatError) {
    var names: Set<String> = []
    for record in hyperparameters {
      try validateText(record.name, "a hyperparameter's name")
      try require(names.insert(record.name).inserted, "the hyperparameter \(record.name) is there twice")
      if let detail = record.origin.detail {
        try validateText(detail, "what the hyperparameter \(record.name) is known from")
      }
    }
  }
}

// MARK: - Provenance

extension ProvenanceRecord {
  fileprivate func validate() throws(FormatError) {
    if let commit {
      let digits = commit.hasSuffix("-dirty") ? commit.dropLast(6) : commit[...]
      try require(
        [40, 64].contains(digits.utf8.count)
          && digits.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) },
        "the commit \(commit) is none: expected 40 or 64 hexadecimal digits")
    }
    if let kernels { try validateText(kernels, "the kernel set") }
    for input in inputs {
      try validateText(input.option, "the option of an input")
      if let fileName = input.fileName {
        try validateText(fileName, "the file name of an input")
        try require(!fileName.contains("/"), "the file name of an input, \(fileName), has a folder")
      }
      try require(
        (input.fileName == nil) != (input.fileCount == nil),
        "an input of \(input.option) is neither a file nor a set of files")
      try require(
        input.sha256.count == 32, "the SHA-256 of an input has \(input.sha256.count) bytes, expected 32")
    }
  }
}

// MARK: - Quantization

/// Counts that the schema has 32 bits for.
private let countRange = 1...Int(UInt32.max)

extension QuantizationRecord {
  fileprivate func validate() throws(FormatError) {
    try validateText(requested, "what quantization was to be")
    if let calibration {
      try SedgeContainer.validate(
        calibration.pictureCount, in: countRange, "the count of pictures of the calibration")
      try validateText(calibration.source, "the source of the calibration's pictures")
    }
    try measuredQuality?.validate()
  }
}

extension QuantizationRecord.MeasuredQuality {
  fileprivate func validate() throws(FormatError) {
    try SedgeContainer.validate(pictureCount, in: countRange, "the count of pictures of the claim")
    try validateText(source, "the source of the claim's pictures")
    try SedgeContainer.validate(classCount, in: countRange, "the count of classes of the claim")
    try require(
      (0...1).contains(labelChange), "the share of labels that changed is \(labelChange), expected 0...1")
    for (error, name) in [(scoreRMS, "relative error"), (scoreMaximum, "largest error")] {
      try require(
        error >= 0 && error.isFinite, "the scores' \(name) is \(error), expected a number from 0 on")
    }
  }
}
