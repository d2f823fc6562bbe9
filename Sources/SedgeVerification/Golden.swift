// Recorded activations of SED or CLIP in PyTorch, and a model held against them.

public import SedgeArchitecture
import SedgeOperators
public import SedgeRunner
public import SedgeTensor

/// Inputs and every intermediate result of the original, recorded in one file.
///
/// `image` (H x W x 3, uint8), `tokens` (T x P x S x length), `text_features` (T x P x D, or T x 1 x D for CLIP), and for
/// each run, without early rejection (`full`) and with the best K (`topK`), every tap: `full.res2`, `top2.alive0`, ...
public struct Golden {
  private let archive: any TensorArchive
  private let image: (pixels: [UInt8], height: Int, width: Int)
  private let tokens: [[[[Int32]]]]
  private let textFeatures: Tensor
  private let runs: [(name: String, topK: Int?)]

  /// Reads the inputs.
  ///
  /// - Throws: ``FormatError`` where the file lacks them or they have the wrong form.
  public init(_ archive: any TensorArchive) throws(FormatError) {
    self.archive = archive
    guard
      ["image", "tokens", "text_features"].allSatisfy({ name in archive.tensors.contains { $0.name == name } }
      )
    else {
      throw FormatError(
        .malformed(
          "expected recorded inputs (image, tokens, text_features) and activations (full.*), found others"),
        path: archive.path)
    }
    let pixels = try Self.info("image", in: archive)
    guard pixels.shape.count == 3, pixels.shape[2] == 3, pixels.elementType == .uint8, pixels.elementCount > 0
    else { throw Self.malformed("image", pixels, "H x W x 3, uint8", in: archive) }
    image = (try archive.integers(pixels).map { UInt8($0) }, pixels.shape[0], pixels.shape[1])
    let ids = try Self.info("tokens", in: archive)
    guard ids.shape.count == 4, !ids.elementType.isFloatingPoint, ids.elementCount > 0 else {
      throw Self.malformed("tokens", ids, "classes x prompts x synonyms x tokens, integers", in: archive)
    }
    tokens = Self.nested(try archive.integers(ids), ids.shape)
    textFeatures = try archive.floats(try Self.info("text_features", in: archive))
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
    guard !runs.isEmpty else { throw FormatError(.malformed("holds no recorded run"), path: archive.path) }
  }

  /// The names of runs that a model cannot do: with early rejection, and it has no heads for that.
  public func skippedRuns(by architecture: Architecture) -> [String] {
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
  public func comparisons(
    with model: any RecordableModel, text: TextEncoder?, margin: Double = 0,
    progress: (String) -> Void = { _ in }
  ) throws -> [RunComparison] {
    try checkFit(model.architecture)
    progress("text")
    var features = text?.features(of: tokens) ?? textFeatures
    if model.architecture.decoder == nil { features = ReferenceOperators().averagePrompts(features) }
    let textComparison = TapComparison(
      name: "text_features", deviation: Deviation(reference: textFeatures.values, actual: features.values))
    let skipped = skippedRuns(by: model.architecture)
    return try runs.filter { !skipped.contains($0.name) }.enumerated().map { index, run in
      progress(run.name)
      let actual = model.record(
        pixels: image.pixels, height: image.height, width: image.width, textFeatures: features, topK: run.topK
      )
      var comparison = try record(of: run.name).comparison(
        with: actual, name: run.name, margin: margin)
      if index == 0, text != nil { comparison.taps.insert(textComparison, at: 0) }
      return comparison
    }
  }

  private func checkFit(_ architecture: Architecture) throws(FormatError) {
    let largest = tokens.joined().joined().joined().max() ?? 0
    let smallest = tokens.joined().joined().joined().min() ?? 0
    guard smallest >= 0, largest < architecture.text.vocabularySize else {
      throw FormatError(
        .malformed(
          "expected token ids of 0..<\(architecture.text.vocabularySize), found \(smallest)...\(largest)"),
        path: archive.path, tensor: "tokens")
    }
    let expected = [tokens.count, architecture.featuresPerClass, architecture.image.embeddingWidth]
    guard textFeatures.shape == expected,
      tokens[0].count == architecture.decoder?.promptCount ?? tokens[0].count,
      tokens[0][0][0].count <= architecture.text.contextLength
    else {
      throw FormatError(
        .malformed(
          "was recorded from another model: expected text features of \(shapeText(expected)), found "
            + shapeText(textFeatures.shape)), path: archive.path, tensor: "text_features")
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
