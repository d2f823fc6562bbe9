// How the parameters of CLIP's vision transformer are named.

extension ModelPath {
  /// CLIP's image encoder where it is a vision transformer.
  package static let vision = VisionTransformer(name: image.name)

  /// CLIP's vision transformer, with OpenAI's names.
  package struct VisionTransformer: ModulePath {
    package let name: String

    package init(name: String) { self.name = name }

    /// The convolution that makes a token of each patch.
    package var patches: LayerPath { LayerPath(name: "\(name).conv1") }
    /// The token before those of the patches.
    package var classEmbedding: ParameterPath { ParameterPath("\(name).class_embedding") }
    /// One vector for the class token and for each patch, row by row.
    package var positionalEmbedding: ParameterPath { ParameterPath("\(name).positional_embedding") }
    /// The norm of the first block's input.
    package var firstNorm: NormPath { NormPath(name: "\(name).ln_pre") }
    /// The transformer's layers.
    package var blocks: ModuleList<TransformerBlock> { ModuleList(name: "\(name).transformer.resblocks") }
    /// The norm of the last block's output.
    package var finalNorm: NormPath { NormPath(name: "\(name).ln_post") }
    /// The layer into the space shared with text; in the checkpoint a matrix without bias, and no module.
    package var projection: LayerPath {
      let name = "\(name).proj"
      return LayerPath(name: name, weight: name, bias: "\(name).bias")
    }
  }
}
