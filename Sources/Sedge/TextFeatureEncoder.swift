// Class names to text features.

import SedgeArchitecture
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

/// A model's text encoder with its tokenizer and prompts.
struct TextFeatureEncoder {
  private let encoder: TextEncoder
  private let tokenizer: Tokenizer
  private let templates: PromptTemplates

  init(_ weights: any WeightSource, tokenizer: Tokenizer, templates: PromptTemplates) throws {
    self.encoder = try TextEncoder(weights)
    self.tokenizer = tokenizer
    self.templates = templates
  }

  /// The features of classes: classes x prompts x embedding, unit vectors.
  func features(of list: ClassList, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) -> Tensor {
    let tokens = list.classes.map { item -> [[[Int32]]] in
      let prompts = item.synonyms.map { tokenizer.encode(templates.prompts(for: $0)) }
      return templates.templates.indices.map { template in prompts.map { $0[template] } }
    }
    return encoder.features(of: tokens, progress: progress)
  }
}
