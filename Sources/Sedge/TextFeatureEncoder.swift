// Class names to text features.

import SedgeArchitecture
import SedgeOperators
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

/// A model's text encoder with its tokenizer and prompts.
struct TextFeatureEncoder {
  private let encoder: TextEncoder
  private let averagesPrompts: Bool
  private let tokenizer: Tokenizer
  private let templates: PromptTemplates

  init(_ weights: any WeightSource, tokenizer: Tokenizer, templates: PromptTemplates) throws {
    self.encoder = try TextEncoder(weights)
    self.averagesPrompts = weights.architecture.decoder == nil
    self.tokenizer = tokenizer
    self.templates = templates
  }

  /// The features of classes: classes x ``SedgeArchitecture/Architecture/featuresPerClass`` x embedding, unit vectors.
  func features(of list: ClassList, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) -> Tensor {
    let tokens = list.classes.map { item -> [[[Int32]]] in
      let prompts = item.synonyms.map { tokenizer.encode(templates.prompts(for: $0)) }
      return templates.templates.indices.map { template in prompts.map { $0[template] } }
    }
    let features = encoder.features(of: tokens, progress: progress)
    return averagesPrompts ? ReferenceOperators().averagePrompts(features) : features
  }
}
