// Recorded activations of SED or CLIP in PyTorch, and their comparison with a model.

package import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor

/// Inputs and every intermediate result of the original, recorded in one file.
///
/// ``GoldenFormat`` has the names and the layout.
///
/// A golden may lack taps, scores, labels, tokens (the recorded text features are then the input) or text features (they
/// are then not compared): its recorded results are compared, and ``notRecorded(by:)`` names the others.
package struct Golden {
  private let archive: any TensorArchive
  private let image: (pixels: [UInt8], height: Int, width: Int)
  private let tokens: [[[[Int32]]]]?
  private let textFeatures: Tensor?
  private let runs: [Run]

  /// Reads the inputs.
  ///
  /// - Throws: ``FormatError`` where the file lacks them or they have the wrong form, or its contents are not those that
  ///   were recorded.
  package init(_ archive: any TensorArchive) throws(FormatError) {
    self.archive = archive
    try GoldenFormat.checkDigest(of: archive)
    let has = { (name: String) in archive.tensors.contains { $0.name == name } }
    guard has(GoldenFormat.image), has(GoldenFormat.tokens) || has(GoldenFormat.textFeatures) else {
      throw FormatError(
        .malformed(
          "expected recorded inputs (image, tokens, text_features) and activations (full.*), found others"),
        path: archive.path)
    }
    let pixels = try Self.info(GoldenFormat.image, in: archive)
    guard pixels.shape.count == 3, pixels.shape[2] == 3, pixels.elementType == .uint8, pixels.elementCount > 0
    else { throw Self.malformed(GoldenFormat.image, pixels, "H x W x 3, uint8", in: archive) }
    image = (try archive.integers(pixels).map { UInt8($0) }, pixels.shape[0], pixels.shape[1])
    if has(GoldenFormat.tokens) {
      let ids = try Self.info(GoldenFormat.tokens, in: archive)
      guard [3, 4].contains(ids.shape.count), !ids.elementType.isFloatingPoint, ids.elementCount > 0 else {
        throw Self.malformed(
          GoldenFormat.tokens, ids, "classes x prompts x synonyms x tokens, integers", in: archive)
      }
      let values = try archive.integers(ids)
      guard values.allSatisfy({ Int32(exactly: $0) != nil }) else {
        throw FormatError(
          .malformed("expected token ids, found \(values.min() ?? 0)...\(values.max() ?? 0)"),
          path: archive.path, tensor: GoldenFormat.tokens)
      }
      // One synonym needs no dimension.
      tokens = Self.nested(values, ids.shape.count == 4 ? ids.shape : ids.shape[..<2] + [1] + ids.shape[2...])
    } else {
      tokens = nil
    }
    textFeatures =
      has(GoldenFormat.textFeatures)
      ? try archive.floats(try Self.info(GoldenFormat.textFeatures, in: archive)) : nil
    var runs: [String: Run] = [:]
    for info in archive.tensors where info.name.contains(".") {
      guard let run = Run(ofTensor: info.name) else {
        throw FormatError(
          .malformed(
            "expected runs named full or top1, top2, ..., found \(info.name.prefix { $0 != "." })"),
          path: archive.path)
      }
      runs[run.name] = run
    }
    self.runs = runs.values.sorted { $0.name < $1.name }
    guard !runs.isEmpty else { throw FormatError(.malformed("holds no recorded run"), path: archive.path) }
  }

  /// The results that a complete golden has and no run of this one, in the order of the forward pass.
  package func notRecorded(by architecture: Architecture) -> [String] {
    let texts =
      tokens == nil ? [GoldenFormat.tokens] : textFeatures == nil ? [GoldenFormat.textFeatures] : []
    let ends = ["input", "logits"]
    return texts
      + GoldenFormat.results(of: architecture).filter { result in
        // Of windows the ends are enough: one look has what lies between.
        if result.hasPrefix("window"), let name = result.split(separator: ".").last,
          !ends.contains(String(name))
        {
          return false
        }
        return !GoldenFormat.isKeptClasses(result) && !runs.contains { has(result, of: $0.name) }
      }
  }

  /// Whether a run has a result.
  private func has(_ result: String, of run: String) -> Bool {
    let name = GoldenFormat.tensorName(result, of: run)
    return archive.tensors.contains { $0.name == name }
  }

  /// The hyperparameters that the compared results depend on.
  ///
  /// - Parameter encodesText: Whether the model has a text encoder.
  package func examined(_ architecture: Architecture, encodesText: Bool) -> [Hyperparameter] {
    let skipped = skippedRuns(by: architecture)
    let recorded = Set(
      GoldenFormat.results(of: architecture).filter { result in
        runs.contains { !skipped.contains($0.name) && has(result, of: $0.name) }
      })
    let hasDecoded = recorded.contains(where: GoldenFormat.isDecoded)
    let hasTexts = encodesText && tokens != nil && (textFeatures != nil || hasDecoded)
    return Hyperparameter.all(of: architecture).filter { hyperparameter in
      switch hyperparameter {
      case .heads, .pooling, .classLength: hasDecoded
      case .textHeads: hasTexts
      case .quickGELU, .imageHeads, .normEpsilon: recorded != ["input"] && !recorded.isEmpty
      case .slidingWindow: runs.contains { $0.resizing?.hasWindows == true && !skipped.contains($0.name) }
      case .resolution, .pixelMean, .pixelStandardDeviation: !recorded.isEmpty
      }
    }
  }

  /// The names of runs that the model does not make: with early rejection, where it has no heads for it, with another pooling, or with
  /// another kind's way of resizing.
  package func skippedRuns(by architecture: Architecture) -> [String] {
    let ways = ImageResizing.all(of: architecture.kind)
    return runs.filter { run in
      (run.topK != nil && !architecture.hasRejectionHeads)
        || run.pooling.map { $0 != architecture.segmenter?.pooling } == true
        || run.resizing.map { !ways.contains($0) } == true
    }.map(\.name)
  }

  /// Runs a model on the recorded inputs and compares everything.
  ///
  /// - Parameters:
  ///   - text: The model's text encoder; `nil` takes the recorded text features.
  ///   - margin: See ``Thresholds/margin``.
  ///   - progress: Called before each run with its name.
  /// - Returns: A comparison for every run but ``skippedRuns(by:)``.
  /// - Throws: ``FormatError`` where the inputs do not fit the model or a recorded result cannot be read.
  package func comparisons(
    with model: any RecordableModel, text: TextEncoder?, margin: Double = 0,
    progress: (String) throws -> Void = { _ in }
  ) throws -> [RunComparison] {
    try checkFit(model.architecture)
    try progress("text")
    let encoded = tokens.flatMap { text?.features(of: $0) }
    guard var features = encoded ?? textFeatures else {
      throw FormatError(
        .malformed("it has no text features, and the model no text encoder to make them with"),
        path: archive.path)
    }
    if model.architecture.segmenter == nil { features = ReferenceOperators().averagePrompts(features) }
    let textComparison =
      encoded == nil
      ? nil
      : textFeatures.map { recorded in
        TapComparison(
          name: GoldenFormat.textFeatures,
          deviation: Deviation(reference: recorded.values, actual: features.values))
      }
    let skipped = skippedRuns(by: model.architecture)
    return try runs.filter { !skipped.contains($0.name) }.enumerated().map { index, run in
      try progress(run.name)
      let height = rowCount(of: run)
      let actual = model.record(
        pixels: Array(image.pixels[..<(height * image.width * 3)]), height: height, width: image.width,
        textFeatures: features.firstRows(classCount(of: run) ?? features.shape[0]), topK: run.topK,
        resizing: run.resizing)
      var comparison = try record(of: run, by: model.architecture).comparison(
        with: actual, name: run.name, margin: margin)
      if index == 0, let textComparison { comparison.taps.insert(textComparison, at: 0) }
      return comparison
    }
  }

  private func checkFit(_ architecture: Architecture) throws(FormatError) {
    if let tokens {
      let largest = tokens.joined().joined().joined().max() ?? 0
      let smallest = tokens.joined().joined().joined().min() ?? 0
      guard smallest >= 0, largest < architecture.text.vocabularySize else {
        throw FormatError(
          .malformed(
            "expected token ids of 0..<\(architecture.text.vocabularySize), found \(smallest)...\(largest)"),
          path: archive.path, tensor: GoldenFormat.tokens)
      }
    }
    let classCount = tokens?.count ?? textFeatures?.shape.first ?? 0
    let expected = [classCount, architecture.featuresPerClass, architecture.image.embeddingWidth]
    if let textFeatures, textFeatures.shape != expected || classCount == 0 {
      throw FormatError(
        .malformed(
          "was recorded from another model: expected text features of \(shapeText(expected)), found "
            + shapeText(textFeatures.shape)), path: archive.path, tensor: GoldenFormat.textFeatures)
    }
    guard let tokens else { return }
    let (prompts, length) = (tokens[0].count, tokens[0][0][0].count)
    guard prompts == architecture.segmenter?.promptCount ?? prompts, length <= architecture.text.contextLength
    else {
      let most = architecture.segmenter.map { "\($0.promptCount)" } ?? "any number of"
      throw FormatError(
        .malformed(
          "was recorded from another model: expected \(most) prompts of at most \(architecture.text.contextLength) tokens, found \(prompts) of \(length)"
        ), path: archive.path, tensor: GoldenFormat.tokens)
    }
  }

  /// The number of classes of a run of CAT-Seg, the first of the tokens; `nil` for all.
  private func classCount(of run: Run) -> Int? {
    guard run.resizing != nil else { return nil }
    return [GoldenFormat.scores, "logits", "cost_map"].compactMap { shape(of: $0, in: run)?.first }.first
  }

  /// The rows of the image that a run of CAT-Seg has seen, the first; all in every other run.
  private func rowCount(of run: Run) -> Int {
    guard run.resizing != nil else { return image.height }
    let rows = shape(of: GoldenFormat.labels, in: run).flatMap { $0.count == 2 ? $0[0] : nil }
    return rows.map { min($0, image.height) } ?? image.height
  }

  private func shape(of result: String, in run: Run) -> [Int]? {
    let name = GoldenFormat.tensorName(result, of: run.name)
    return archive.tensors.first { $0.name == name }?.shape
  }

  /// The recorded results of one run.
  private func record(of run: Run, by architecture: Architecture) throws(FormatError) -> RunRecord {
    var record = RunRecord(taps: [], scores: nil, labels: [], kept: [], topK: run.topK)
    for result in GoldenFormat.results(of: architecture) {
      let name = GoldenFormat.tensorName(result, of: run.name)
      guard let info = archive.tensors.first(where: { $0.name == name }) else { continue }
      switch result {
      case GoldenFormat.labels:
        record.labels = try labels(info)
      case GoldenFormat.scores: record.scores = try archive.floats(info)
      case _ where GoldenFormat.isSelection(result): record.selected[result] = try archive.integers(info)
      case _ where GoldenFormat.isKeptClasses(result): record.kept.append(try archive.integers(info))
      default: record.taps.append((result, try archive.floats(info)))
      }
    }
    return record
  }

  /// Labels, which index the recorded classes.
  private func labels(_ info: TensorInfo) throws(FormatError) -> [Int32] {
    let values = try archive.integers(info)
    let classCount = tokens?.count ?? textFeatures?.shape.first ?? 0
    if let label = values.first(where: { !(0..<classCount).contains($0) }) {
      throw FormatError(
        .malformed("expected labels of 0..<\(classCount), found \(label)"), path: archive.path,
        tensor: info.name)
    }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }

  private static func info(_ name: String, in archive: any TensorArchive) throws(FormatError) -> TensorInfo {
    guard let info = archive.tensors.first(where: { $0.name == name }) else {
      throw FormatError(.missingTensor(nearest: nil), path: archive.path, tensor: name)
    }
    return info
  }

  private static func malformed(
    _ name: String, _ info: TensorInfo, _ expected: String, in archive: any TensorArchive
  ) -> FormatError {
    FormatError(
      .malformed("expected \(expected), found \(shapeText(info.shape)), \(info.elementType.rawValue)"),
      path: archive.path, tensor: name)
  }

  private static func nested(_ values: [Int], _ shape: [Int]) -> [[[[Int32]]]] {
    var next = 0
    return (0..<shape[0]).map { _ in
      (0..<shape[1]).map { _ in
        (0..<shape[2]).map { _ in
          defer { next += shape[3] }
          return values[next..<next + shape[3]].map { Int32(truncatingIfNeeded: $0) }
        }
      }
    }
  }
}

extension Tensor {
  /// The first rows.
  fileprivate func firstRows(_ count: Int) -> Tensor {
    let rows = min(count, shape[0])
    return Tensor(shape: [rows] + shape.dropFirst(), values: Array(values[..<(self.count / shape[0] * rows)]))
  }
}
