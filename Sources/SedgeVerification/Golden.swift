// Recorded activations of SED or CLIP in PyTorch, and a model held against them.

package import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor

/// Inputs and every intermediate result of the original, recorded in one file.
///
/// `image` (H x W x 3, uint8), `tokens` (T x P x S x length), `text_features` (T x P x D, or T x 1 x D for CLIP), and for
/// each run, without early rejection (`full`) and with the best K (`topK`), every tap: `full.res2`, `top2.alive0`, ...
///
/// A golden may lack taps, scores and labels, tokens (the text features are then taken as they are) or text features (they
/// are then not compared): what it holds is judged, and ``notRecorded(by:)`` names the rest.
package struct Golden {
  private let archive: any TensorArchive
  private let image: (pixels: [UInt8], height: Int, width: Int)
  private let tokens: [[[[Int32]]]]?
  private let textFeatures: Tensor?
  private let runs: [(name: String, topK: Int?)]

  /// Reads the inputs.
  ///
  /// - Throws: ``FormatError`` where the file lacks them or they have the wrong form.
  package init(_ archive: any TensorArchive) throws(FormatError) {
    self.archive = archive
    let has = { (name: String) in archive.tensors.contains { $0.name == name } }
    guard has("image"), has("tokens") || has("text_features") else {
      throw FormatError(
        .malformed(
          "expected recorded inputs (image, tokens, text_features) and activations (full.*), found others"),
        path: archive.path)
    }
    let pixels = try Self.info("image", in: archive)
    guard pixels.shape.count == 3, pixels.shape[2] == 3, pixels.elementType == .uint8, pixels.elementCount > 0
    else { throw Self.malformed("image", pixels, "H x W x 3, uint8", in: archive) }
    image = (try archive.integers(pixels).map { UInt8($0) }, pixels.shape[0], pixels.shape[1])
    if has("tokens") {
      let ids = try Self.info("tokens", in: archive)
      guard ids.shape.count == 4, !ids.elementType.isFloatingPoint, ids.elementCount > 0 else {
        throw Self.malformed("tokens", ids, "classes x prompts x synonyms x tokens, integers", in: archive)
      }
      tokens = Self.nested(try archive.integers(ids), ids.shape)
    } else {
      tokens = nil
    }
    textFeatures =
      has("text_features") ? try archive.floats(try Self.info("text_features", in: archive)) : nil
    var names: [String] = []
    for tensor in archive.tensors {
      if let dot = tensor.name.firstIndex(of: "."), !names.contains(String(tensor.name[..<dot])) {
        names.append(String(tensor.name[..<dot]))
      }
    }
    runs = try names.sorted().map { name throws(FormatError) in
      if name == "full" { return (name, nil) }
      guard name.hasPrefix("top"), let k = Int(name.dropFirst(3)), k > 0 else {
        throw FormatError(
          .malformed("expected runs named full or top1, top2, ..., found \(name)"), path: archive.path)
      }
      return (name, k)
    }
    guard runs.contains(where: { run in Self.tapNames.contains { has("\(run.name).\($0)") } }) else {
      throw FormatError(.malformed("holds no recorded run"), path: archive.path)
    }
  }

  /// What a whole golden has and no run of this one, in the order of the forward pass; nothing of it is compared.
  package func notRecorded(by architecture: Architecture) -> [String] {
    let texts = tokens == nil ? ["tokens"] : textFeatures == nil ? ["text_features"] : []
    return texts
      + Self.tapNames.filter { tap in
        !tap.hasPrefix("alive") && Self.has(architecture, tap)
          && !runs.contains { run in archive.tensors.contains { $0.name == "\(run.name).\(tap)" } }
      }
  }

  /// Whether a model computes a result.
  private static func has(_ architecture: Architecture, _ tap: String) -> Bool {
    guard let decoder = architecture.decoder else {
      return ["input", "res2", "res3", "res4", "res5", "embedding", "logits", "scores", "labels"].contains(
        tap)
    }
    return decoder.hasRejectionHeads || !tap.hasPrefix("aux")
  }

  /// The hyperparameters that what is compared depends on.
  ///
  /// - Parameter encodesText: Whether the model has a text encoder.
  package func examined(_ architecture: Architecture, encodesText: Bool) -> [Hyperparameter] {
    let skipped = skippedRuns(by: architecture)
    let recorded = Set(
      Self.tapNames.filter { tap in
        runs.contains { run in
          !skipped.contains(run.name) && archive.tensors.contains { $0.name == "\(run.name).\(tap)" }
        }
      })
    let decoded = ["decoder1", "aux1", "decoder2", "aux2", "decoder3", "logits", "scores", "labels"]
    let hasTexts =
      encodesText && tokens != nil && (textFeatures != nil || !recorded.isDisjoint(with: decoded))
    return Hyperparameter.all(of: architecture).filter { hyperparameter in
      switch hyperparameter {
      case .heads, .pooling: !recorded.isDisjoint(with: decoded)
      case .textHeads: hasTexts
      case .normEpsilon: recorded != ["input"] && !recorded.isEmpty
      case .resolution, .pixelMean, .pixelStandardDeviation: !recorded.isEmpty
      }
    }
  }

  /// The names of runs that a model cannot do: with early rejection, and it has no heads for that.
  package func skippedRuns(by architecture: Architecture) -> [String] {
    let rejects = architecture.decoder?.hasRejectionHeads ?? false
    return runs.filter { $0.topK != nil && !rejects }.map(\.name)
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
    if model.architecture.decoder == nil { features = ReferenceOperators().averagePrompts(features) }
    let textComparison =
      encoded == nil
      ? nil
      : textFeatures.map { recorded in
        TapComparison(
          name: "text_features", deviation: Deviation(reference: recorded.values, actual: features.values))
      }
    let skipped = skippedRuns(by: model.architecture)
    return try runs.filter { !skipped.contains($0.name) }.enumerated().map { index, run in
      try progress(run.name)
      let actual = model.record(
        pixels: image.pixels, height: image.height, width: image.width, textFeatures: features, topK: run.topK
      )
      var comparison = try record(of: run.name).comparison(
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
          path: archive.path, tensor: "tokens")
      }
    }
    let classCount = tokens?.count ?? textFeatures?.shape.first ?? 0
    let expected = [classCount, architecture.featuresPerClass, architecture.image.embeddingWidth]
    if let textFeatures, textFeatures.shape != expected || classCount == 0 {
      throw FormatError(
        .malformed(
          "was recorded from another model: expected text features of \(shapeText(expected)), found "
            + shapeText(textFeatures.shape)), path: archive.path, tensor: "text_features")
    }
    guard let tokens else { return }
    let (prompts, length) = (tokens[0].count, tokens[0][0][0].count)
    guard prompts == architecture.decoder?.promptCount ?? prompts, length <= architecture.text.contextLength
    else {
      let most = architecture.decoder.map { "\($0.promptCount)" } ?? "any number of"
      throw FormatError(
        .malformed(
          "was recorded from another model: expected \(most) prompts of at most \(architecture.text.contextLength) tokens, found \(prompts) of \(length)"
        ), path: archive.path, tensor: "tokens")
    }
  }

  /// What the original computed in one run.
  private func record(of run: String) throws(FormatError) -> RunRecord {
    var record = RunRecord(taps: [], scores: nil, labels: [], kept: [])
    for name in Self.tapNames {
      guard let info = archive.tensors.first(where: { $0.name == "\(run).\(name)" }) else { continue }
      switch name {
      case "labels": record.labels = try archive.integers(info).map { Int32(truncatingIfNeeded: $0) }
      case "scores": record.scores = try archive.floats(info)
      case "alive0", "alive1", "alive2": record.kept.append(try archive.integers(info))
      default: record.taps.append((name, try archive.floats(info)))
      }
    }
    return record
  }

  private static let tapNames = [
    "input", "res2", "res3", "res4", "res5", "embedding", "cost_map", "cost_embedding", "aux0", "alive0",
    "decoder1",
    "aux1", "alive1", "decoder2", "aux2", "alive2", "decoder3", "logits", "scores", "labels",
  ]

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
