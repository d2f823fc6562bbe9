// What can be done about a file that is refused, as facts; each interface words them with its own options.

/// A change to the request, or to the file, after which the file may be accepted.
package enum Remedy: Hashable, Sendable {
  /// Choose one of the models behind these prefixes; an empty one stands for names without prefix.
  case choosePrefix([String])
  /// Look up the names of the file's tensors.
  case listNames
  /// Use a checkpoint with the decoder, or convert CLIP alone.
  case addOrOmitDecoder
  /// Convert CLIP alone, and ignore every other tensor; of several CLIPs, the one behind a prefix.
  case takeCLIPAlone(prefix: String?)
  /// Ignore the tensors that the model does not have.
  case ignoreUnexpected
  /// Set a number that shapes do not determine.
  case set(Hyperparameter)

  /// The remedy in words that name no option.
  package var text: String {
    switch self {
    case .choosePrefix(let prefixes):
      "choose the prefix "
        + prefixes.map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: " or ")
    case .listNames: "inspect the file for its names"
    case .addOrOmitDecoder: "use the whole checkpoint, or take CLIP alone"
    case .takeCLIPAlone(nil): "take CLIP alone and ignore unexpected tensors"
    case .takeCLIPAlone(let prefix?): "take CLIP alone, with the prefix \(prefix)"
    case .ignoreUnexpected: "ignore unexpected tensors"
    case .set(let hyperparameter): "set the number of \(hyperparameter.text)"
    }
  }
}
