// What to do about rows that do not belong together, in the words of the command line.

import SedgeEvaluation
import SedgeTensor

extension EvaluationError {
  /// The fault with the option that is the way out.
  var commandLineText: String {
    guard let advice else { return description }
    return "\(description); \(advice)".escapingControlCharacters
  }

  private var advice: String? {
    switch kind {
    case .rowsExist: "give --resume to continue it, --force to replace it, or another path"
    case .otherEvaluation("kernel set", _, _, _):
      "set SEDGE_KERNELS to a set that all machines have, and evaluate again"
    case .otherEvaluation: "give other --rows, or --force to replace the file"
    case .missingPictures: "finish with the same options and --resume"
    case .otherReference: "save it again with --save-reference"
    case .otherShard, .duplicatePicture, .strayPicture, .noPictures: nil
    }
  }
}
