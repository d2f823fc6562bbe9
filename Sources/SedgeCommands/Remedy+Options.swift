// Remedies in the words of the command line.

package import SedgeArchitecture

extension Remedy {
  /// The option that applies the remedy, in a clause.
  package var optionText: String {
    switch self {
    case .choosePrefix(let prefixes):
      (prefixes.count > 1 ? "choose with " : "")
        + prefixes.map { $0.isEmpty ? "--prefix \"\"" : "--prefix \($0)" }.joined(separator: " or ")
    case .listNames: "sedge inspect lists the names"
    case .addOrOmitDecoder: "use the whole checkpoint, or --parts image,text for CLIP alone"
    case .takeCLIPAlone(nil): "its CLIP is taken out with --parts image,text --ignore-unexpected"
    case .takeCLIPAlone(let prefix?): "its CLIP is taken out with --prefix \(prefix) --parts image,text"
    case .ignoreUnexpected: "--ignore-unexpected leaves these tensors out"
    case .set(let hyperparameter): "set the number with --\(hyperparameter.rawValue)"
    }
  }
}
