// What to do about rows that do not belong together, in the words of the command line.

import SedgeEvaluation
import SedgeTensor

extension EvaluationError {
  /// The fault with the option that is the way out.
  var commandLineText: String {
    guard let advice else { return description }
    return "\(description); \(advice)"
  }

  private var advice: String? {
    switch kind {
    case .rowsExist: "give --resume to continue it, --force to replace it, or another path"
    case .otherEvaluation("kernel set", _, _, _):
      "set SEDGE_KERNELS to a set that all machines have, and evaluate again"
    case .otherEvaluation: "give other --rows, or --force to replace the file"
    case .missingPictures: "finish with the same options and --resume"
    case .labelsNotSaved: "save labels from the first picture on, without --resume"
    case .otherReference: "save it again with --save-reference"
    case .notAResult(EvaluationPlan.formatName?): "make the result with sedge merge"
    case .notAResult: "give what sedge evaluate --output wrote"
    case .otherData, .otherTruth: "evaluate both on the same data"
    case .otherPictures: "evaluate both on the same pictures, until none fails"
    case .labelsNotCompared:
      "evaluate both in one command, the baseline first, or with --reference; or leave labels out of --allow"
    case .chooseModel: "choose one with --model, --baseline-model and --top-k"
    case .otherShard, .duplicatePicture, .strayPicture, .noPictures, .undefinedFigure: nil
    }
  }
}
