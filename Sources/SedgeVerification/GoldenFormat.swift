// The names and types of a golden's tensors, for its reader and its writer.

import SedgeArchitecture
import SedgeTensor

/// The layout of recorded activations in a safetensors file.
///
/// `image` (H x W x 3, uint8), `tokens` (T x P x S x length) and `text_features` (T x P x D, or T x 1 x D for CLIP) are the
/// inputs. Results are named after their run, without early rejection (`full`) or with the best K classes (`topK`):
/// `full.res2`, `top2.alive0`, ...
package enum GoldenFormat {
  static let image = "image"
  static let tokens = "tokens"
  static let textFeatures = "text_features"
  static let scores = "scores"
  static let labels = "labels"

  /// All results, in the order of the forward pass.
  static let results = [
    "input", "res2", "res3", "res4", "res5", "embedding", "cost_map", "cost_embedding", "aux0", "alive0",
    "decoder1", "aux1", "alive1", "decoder2", "aux2", "alive2", "decoder3", "logits", scores, labels,
  ]
  /// The results of CLIP without a decoder.
  private static let classificationResults: Set = [
    "input", "res2", "res3", "res4", "res5", "embedding", "logits", scores, labels,
  ]
  /// The results that depend on the decoder's layers.
  static let decoderResults: Set = [
    "decoder1", "aux1", "decoder2", "aux2", "decoder3", "logits", scores, labels,
  ]

  /// The class numbers that a stage of early rejection keeps.
  static func isKeptClasses(_ result: String) -> Bool { result.hasPrefix("alive") }

  /// Whether a model computes a result.
  static func has(_ architecture: Architecture, _ result: String) -> Bool {
    guard let decoder = architecture.decoder else { return classificationResults.contains(result) }
    return decoder.hasRejectionHeads || !result.hasPrefix("aux")
  }

  /// The name of a run's result.
  static func tensorName(_ result: String, of run: String) -> String { "\(run).\(result)" }

  /// The run of a tensor; `nil` for an input.
  static func runName(ofTensor name: String) -> String? {
    name.firstIndex(of: ".").map { String(name[..<$0]) }
  }

  /// A run by its name; `nil` where there is none of this name.
  static func run(named name: String) -> (name: String, topK: Int?)? {
    if name == "full" { return (name, nil) }
    guard name.hasPrefix("top"), let k = Int(name.dropFirst(3)), k > 0 else { return nil }
    return (name, k)
  }

  /// The element type in which Sedge writes a result: classes as int64, labels as int32, all others as float32.
  static func elementType(of result: String) -> ElementType {
    result == labels ? .int32 : isKeptClasses(result) ? .int64 : .float32
  }
}
