// What to do about a request that cannot be fulfilled, in the words of the command line.

import SedgeTensor

extension UsageError {
  /// The fault with the option or command that is the way out.
  var commandLineText: String {
    guard let advice else { return description }
    return "\(description); \(advice)"
  }

  /// The option or command that is the way out; `nil` where the description says all.
  private var advice: String? {
    switch kind {
    case .sedgeFileGivenAsCheckpoint: "give the checkpoint that it was made from"
    case .checkpointGivenAsSedgeFile: "make one with sedge convert"
    case .differentSource, .differentFolds: "give the file's own source"
    case .duplicateTensor: "give each part of the model once"
    case .cannotSegment: "use sedge classify"
    case .cannotClassify:
      "use sedge segment, or take CLIP out of its source with sedge convert --parts image,text"
    case .noRejectionHeads: "use --top-k all"
    case .noTextFeatures: "convert again with --classes"
    case .classesNotStored: "take classes of one of them"
    case .missingTextInput(.vocabulary): "convert again with --vocabulary"
    case .missingTextInput(.templates): "convert again with --templates"
    case .resolution, .resolutionOfGrid: "set or omit --resolution"
    case .resizingOfClassifier, .resizingOfAnother: "omit --preprocess"
    case .notFinite: "check the source's values with sedge inspect --values, and the image"
    case .hyperparameter(.contradiction(let option, _)): "set --\(option)"
    case .hyperparameter(.unsupported): "if it belongs to another model, add --ignore-config"
    case .classListRequired: "add --classes, or --allow-no-class-names"
    case .classListsNotEncodable(let obstacles):
      "give \(obstacles.map(\.option).joined(separator: " and "))"
    case .noClassNames(let obstacles):
      "give \(obstacles.map(\.option).joined(separator: " and ")), or --allow-no-class-names for a model without them"
    case .missingLogitScale, .logitScale: "give it with --logit-scale (4.6052 in OpenCLIP's models)"
    case .rawStorage: "use --store zstd"
    case .promptCount: "give as many with --templates"
    case .vocabularySize: "give the model's own vocabulary with --vocabulary"
    case .ruleWithoutTensor: "sedge inspect lists the names that --tensor can match"
    case .sizeTooSmall, .sizeNotReached: "allow more with --max-size"
    case .budgetNotReached, .budgetNotMeasured: "allow more, or use --quantize f16"
    case .meanIoUNotReached: "allow more, give more pictures, or use --quantize f16"
    case .budgetWithoutGroundTruth:
      "give pictures with --calibrate and their label maps with --calibrate-labels"
    case .labelsForClassifier: "omit --labels"
    case .inexactExport: "convert with --no-fold, or accept it with --allow-inexact"
    case .labelsBeyondClasses(let highest, let classCount, _):
      highest == classCount
        ? "sedge evaluate takes 1 from every label with --label-offset -1"
        : "sedge evaluate takes \(highest) as no class with --ignore-label \(highest)"
    case .outputIsInput, .notASedgeFile, .differentDimensions, .contextLength,
      .planWithoutTensor,
      .tooManyClasses, .differentModel, .differentResolution, .imageChanged, .labelMapSize, .negativeLabel,
      .noLabeledPixels, .binaryMask, .noSuchClass, .duplicateGroup, .noSuchTensor:
      nil
    }
  }
}

extension UsageError.TextObstacle {
  /// The option that removes the obstacle.
  fileprivate var option: String {
    switch self {
    case .templatesRequired: "--templates"
    case .vocabularyRequired: "--vocabulary"
    }
  }
}
