// The text encoder for class names.

package import SedgeArchitecture
import SedgeOperators
package import SedgeRunner
package import SedgeTensor
package import SedgeTokenizer

/// A model's text encoder with its tokenizer and prompts.
package struct TextFeatureEncoder {
  private let operators: any Operators
  private let encoder: TextEncoder
  private let averagesPrompts: Bool
  private let kind: ModelKind
  private let tokenizer: Tokenizer
  private let templates: PromptTemplates

  package init(
    _ weights: any WeightSource, tokenizer: Tokenizer, templates: PromptTemplates, compute: Compute
  ) throws {
    self.operators = try compute.operators()
    self.encoder = try TextEncoder(weights, compute: compute)
    self.averagesPrompts = weights.architecture.segmenter == nil
    self.kind = weights.architecture.kind
    self.tokenizer = tokenizer
    self.templates = templates
  }

  /// The features of classes, at least one: classes x ``SedgeArchitecture/Architecture/featuresPerClass`` x embedding,
  /// unit vectors; the features of a class do not depend on the other classes.
  package func features(of classes: [ClassName], progress: (_ done: Int, _ total: Int) throws -> Void)
    rethrows -> Tensor
  {
    let tokens = Self.tokens(of: classes, tokenizer, templates, kind)
    let features = try encoder.features(of: tokens, progress: progress)
    return averagesPrompts ? operators.averagePrompts(features) : features
  }

  /// The tokens of classes' prompts, as the text encoder takes them.
  ///
  /// - Parameter kind: CAT-Seg takes the first of a class's synonyms alone.
  package static func tokens(
    of classes: [ClassName], _ tokenizer: Tokenizer, _ templates: PromptTemplates, _ kind: ModelKind
  ) -> [[[[Int32]]]] {
    classes.map { item in
      let synonyms = kind == .catSeg ? Array(item.synonyms.prefix(1)) : item.synonyms
      let prompts = synonyms.map { tokenizer.encode(templates.prompts(for: $0)) }
      return templates.templates.indices.map { template in prompts.map { $0[template] } }
    }
  }

  /// The names of classes with prompts that are longer than the context and are cut.
  package static func namesBeyondContext(
    _ classes: [ClassName], _ tokenizer: Tokenizer, _ templates: PromptTemplates
  ) -> [String] {
    classes.filter { item in
      !item.synonyms.allSatisfy { name in templates.prompts(for: name).allSatisfy(tokenizer.fits) }
    }.map(\.name)
  }
}
