// The names and types of a golden's tensors, for its reader and its writer.

import SedgeArchitecture
import SedgeTensor

/// The layout of recorded activations in a safetensors file.
///
/// `image` (H x W x 3, uint8), `tokens` (T x P x S x length, or T x P x length) and `text_features` (T x P x D, or T x 1 x D for
/// CLIP) are the inputs. Results are named after their run, ``Golden/Run``: `full.res2`, `top2.alive0`, `few.slide.canvas`, ...
package enum GoldenFormat {
  static let image = "image"
  static let tokens = "tokens"
  static let textFeatures = "text_features"
  static let scores = "scores"
  static let labels = "labels"

  /// All results of a model, in the order of the forward pass.
  static func results(of architecture: Architecture) -> [String] {
    let logits = ["logits", scores, labels]
    switch (architecture.segmenter, architecture.image) {
    case (.fusion(let decoder), _):
      var results = ["input", "res2", "res3", "res4", "res5", "embedding", "cost_map", "cost_embedding"]
      for layer in 0..<3 { results += ["aux\(layer)", "alive\(layer)", "decoder\(layer + 1)"] }
      return (results + logits).filter { decoder.hasRejectionHeads || !$0.hasPrefix("aux") }
    case (.aggregation(let aggregation), _): return results(of: aggregation)
    case (nil, .convNeXt): return ["input", "res2", "res3", "res4", "res5", "embedding"] + logits
    case (nil, .transformer(let encoder)):
      let blocks = (0..<encoder.layers).map { "block\($0)" }
      return ["input", "tokens"] + blocks + ["embedding"] + logits
    }
  }

  /// Those of one look, and those of windows.
  private static func results(of aggregation: Architecture.CostAggregation) -> [String] {
    var window = [
      "input", "tokens", "guide0", "guide1", "last_block", "embedding", "res4", "res5", "cost_map", "kept",
      "cost_embedding", "guidance", "text_guidance",
    ]
    for layer in 0..<aggregation.layers {
      window += ["layer\(layer).block_1", "layer\(layer).block_2", "layer\(layer)"]
    }
    for layer in 1...2 { window += ["decoder_guidance\(layer)", "decoder\(layer)"] }
    window.append("logits")
    var results = window
    for index in 0..<5 { results += window.map { "window\(index).\($0)" } }
    return results + ["windows_mean", "whole", "canvas", scores, labels]
  }

  /// Whether a result depends on more than the encoders.
  static func isDecoded(_ result: String) -> Bool {
    let name = result.split(separator: ".").last.map(String.init) ?? result
    return ["decoder", "aux", "layer", "block_", "logits", "window", "whole", "canvas", scores, labels]
      .contains { name.hasPrefix($0) } && !name.hasPrefix("decoder_guidance")
  }

  /// Whether a result is a list of class numbers: those that a stage of early rejection keeps, or that CAT-Seg's class attention sees.
  static func isKeptClasses(_ result: String) -> Bool { result.hasPrefix("alive") || isSelection(result) }

  /// Whether a result is the classes that CAT-Seg's class attention sees.
  static func isSelection(_ result: String) -> Bool { result == "kept" || result.hasSuffix(".kept") }

  /// The name of a run's result.
  static func tensorName(_ result: String, of run: String) -> String { "\(run).\(result)" }

  /// The element type in which Sedge writes a result: classes as int64, labels as int32, all others as float32.
  static func elementType(of result: String) -> ElementType {
    result == labels ? .int32 : isKeptClasses(result) ? .int64 : .float32
  }
}
