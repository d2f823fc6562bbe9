// The model before compression.

package import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor
import SedgeText
package import SedgeTokenizer
package import SedgeVerification

/// A checkpoint with the preprocessing, the tokenizer and the prompts that its `.sedge` file gets.
package struct SourceModel {
  /// The checkpoint.
  package let checkpoint: Checkpoint
  /// How images are prepared.
  package var preprocessing: Preprocessing
  /// The tokenizer; `nil` where none fits the model.
  package let tokenizer: Tokenizer?
  /// The prompts; `nil` where none fit the model.
  package let templates: PromptTemplates?
  /// The logarithm of the factor on CLIP's cosines; `nil` for the checkpoint's own.
  package let logitScale: Float?

  /// Collects the parts.
  package init(
    checkpoint: Checkpoint, preprocessing: Preprocessing, tokenizer: Tokenizer?, templates: PromptTemplates?,
    logitScale: Float?
  ) {
    self.checkpoint = checkpoint
    self.preprocessing = preprocessing
    self.tokenizer = tokenizer
    self.templates = templates
    self.logitScale = logitScale
  }

  /// The same model with images resized to another resolution.
  func atResolution(_ resolution: Int) -> SourceModel {
    var result = self
    result.preprocessing.resolution = resolution
    return result
  }

  /// The forward pass of this model with given weights.
  package func model(_ weights: any WeightSource, compute: Compute) throws -> any RecordableModel {
    weights.architecture.segmenter == nil
      ? try ClassificationModel(
        weights: weights, preprocessing: preprocessing, logitScale: logitScale, compute: compute)
      : try SegmentationModel(weights: weights, preprocessing: preprocessing, compute: compute)
  }

  /// Text features by the text encoder of given weights: classes x prompts x embedding.
  ///
  /// - Throws: ``UsageError`` where the model has no tokenizer or no prompts.
  package func textFeatures(
    of classes: ClassList, by weights: any WeightSource, compute: Compute,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Tensor {
    guard let tokenizer, let templates else {
      throw UsageError(
        .missingTextInput(tokenizer == nil ? .vocabulary : .templates), path: checkpoint.archive.path)
    }
    let encoder = try TextFeatureEncoder(
      weights, tokenizer: tokenizer, templates: templates, compute: compute)
    return try encoder.features(of: classes.classes, progress: progress)
  }

  /// The tokens of the prompts of classes; empty where there is no tokenizer or no prompt. See `TextEncoder`.
  package func tokens(of classes: ClassList) -> [[[[Int32]]]] {
    guard let tokenizer, let templates else { return [] }
    return TextFeatureEncoder.tokens(
      of: classes.classes, tokenizer, templates, checkpoint.architecture.kind)
  }
}
